// SPDX-License-Identifier: Apache-2.0
#include "net/listener.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <vector>

#include "base/files.h"
#include "net/endpoint.h"

namespace tg::net {
namespace {

using namespace std::chrono_literals;

FileDescriptor make_socket() { return FileDescriptor{::socket(AF_INET, SOCK_STREAM, 0)}; }

class ListenerTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = Listener::open(worker_, {.host = "127.0.0.1", .port = 0});
    ASSERT_TRUE(opened);
    listener_ = std::move(*opened);
  }

  // Done once the kernel has it in the listener's queue.
  void connect(const FileDescriptor& socket) {
    const auto endpoint = *numeric_endpoint("127.0.0.1", listener_->port());
    ASSERT_EQ(::connect(socket.get(), &endpoint.address(), endpoint.size), 0);
  }

  void accept_until(std::size_t count) {
    listener_->start([this, count](std::unique_ptr<Stream> stream, const std::string& peer) {
      EXPECT_EQ(peer, "127.0.0.1");
      accepted_.push_back(std::move(stream));
      if (accepted_.size() == count) worker_.stop();
    });
  }

  Worker worker_{0};
  std::unique_ptr<Listener> listener_;
  std::vector<std::unique_ptr<Stream>> accepted_;
};

TEST_F(ListenerTest, ManyAtOnceAreAllAccepted) {
  constexpr std::size_t kMany = 200;  // more than in one turn
  std::vector<FileDescriptor> clients;
  for (std::size_t i = 0; i < kMany; ++i) connect(clients.emplace_back(make_socket()));
  accept_until(kMany);
  worker_.run();
  EXPECT_EQ(accepted_.size(), kMany);
}

// Fewer files than the process has already, so that none can be accepted.
class NoMoreFiles {
 public:
  NoMoreFiles() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    auto none = before_;
    none.rlim_cur = 3;
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  }
  ~NoMoreFiles() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoMoreFiles(const NoMoreFiles&) = delete;
  NoMoreFiles& operator=(const NoMoreFiles&) = delete;

 private:
  rlimit before_{};
};

TEST_F(ListenerTest, WhoCameWhenFilesWereUsedUpIsAcceptedLater) {
  const auto client = make_socket();
  connect(client);
  accept_until(1);
  auto used_up = std::make_unique<NoMoreFiles>();
  Timer look{worker_.timers(), [&] {
               EXPECT_TRUE(accepted_.empty());
               used_up.reset();
             }};
  look.set(std::chrono::steady_clock::now() + 60ms);
  worker_.run();
  EXPECT_EQ(accepted_.size(), 1U);
}

TEST_F(ListenerTest, ClosedOneAcceptsNobodyMore) {
  const auto client = make_socket();
  connect(client);
  accept_until(2);
  worker_.post([this] { listener_->close(); });
  Timer end{worker_.timers(), [this] { worker_.stop(); }};
  end.set(std::chrono::steady_clock::now() + 60ms);
  worker_.run();
  EXPECT_TRUE(accepted_.empty());
  char byte{};
  EXPECT_LE(::read(client.get(), &byte, 1), 0);
}

TEST_F(ListenerTest, AddressThatIsTakenOrNoneIsRefused) {
  EXPECT_EQ(Listener::check_free({.host = "127.0.0.1", .port = listener_->port()}).error().code,
            Code::kIo);
  for (const auto* host : {"localhost", "127.1", ""}) {
    EXPECT_EQ(Listener::open(worker_, {.host = host}).error().code, Code::kConfiguration) << host;
  }
  EXPECT_EQ(Listener::open(worker_, {.host = "192.0.2.7"}).error().code, Code::kIo);
  const auto ipv6 = Listener::check_free({.host = "::1", .port = 0});
  EXPECT_TRUE(ipv6 || ipv6.error().code == Code::kIo);  // where the system has it
}

}  // namespace
}  // namespace tg::net
