// SPDX-License-Identifier: Apache-2.0
#include "net/stream.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>

#include "net/connect.h"
#include "net/listener.h"

namespace tg::net {
namespace {

using namespace std::chrono_literals;

SteadyTime in(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

// A worker that runs one scenario over real sockets on loopback and stops when it is done.
class StreamTest : public testing::Test {
 public:
  void SetUp() override {
    auto opened = Listener::open(worker_, {.host = "127.0.0.1", .port = 0});
    ASSERT_TRUE(opened);
    listener_ = std::move(*opened);
    listener_->start([this](std::unique_ptr<Stream> stream, const std::string& peer) {
      EXPECT_EQ(peer, "127.0.0.1");
      accepted_ = std::move(stream);
      pause_.wake();
    });
    auto tls = TlsContext::open("");
    ASSERT_TRUE(tls);
    tls_ = std::move(*tls);
  }

  using Scenario = Task<void> (*)(StreamTest*);

  void run(Scenario scenario) {
    worker_.post([this, scenario] { start(run_to_end(scenario)); });
    worker_.run();
    EXPECT_TRUE(finished_);
  }

  Task<void> run_to_end(Scenario scenario) {
    co_await scenario(this);
    finished_ = true;
    worker_.stop();
  }

  // Both ends of a connection: `client_` and `accepted_`.
  Task<void> make_pair() {
    auto connected = co_await connect(worker_, *tls_, address(), in(5s));
    EXPECT_TRUE(connected);
    client_ = std::move(*connected);
    co_await pause_.until(in(5s));  // for the listener, which may have been first
    EXPECT_TRUE(accepted_);
  }

  UpstreamAddress address() const { return {.host = "127.0.0.1", .port = listener_->port()}; }

  Worker worker_{0};
  Pause pause_{worker_};
  std::unique_ptr<Listener> listener_;
  std::unique_ptr<TlsContext> tls_;
  std::unique_ptr<Stream> accepted_;
  std::unique_ptr<Stream> client_;
  bool finished_ = false;
};

TEST_F(StreamTest, BytesGoBothWaysInOrder) {
  run([](StreamTest* test) -> Task<void> {
    co_await test->make_pair();
    Buffer buffer{test->worker_.buffers()};
    EXPECT_TRUE(co_await test->client_->write("one ", "two", in(5s)));
    auto bytes = co_await test->accepted_->read_some(buffer, in(5s));
    EXPECT_EQ(std::string(bytes.value_or("")), "one two");
    EXPECT_TRUE(co_await test->accepted_->write("back", in(5s)));
    bytes = co_await test->client_->read_some(buffer, in(5s));
    EXPECT_EQ(std::string(bytes.value_or("")), "back");
  });
}

TEST_F(StreamTest, MoreThanTheKernelTakesIsWrittenWhole) {
  run([](StreamTest* test) -> Task<void> {
    co_await test->make_pair();
    const std::string sent(32 << 20, 'x');
    std::string received;
    // The reader runs beside the writer, or neither would get anywhere.
    start([](StreamTest* reading, std::string* into, std::size_t wanted) -> Task<void> {
      Buffer buffer{reading->worker_.buffers()};
      while (into->size() < wanted) {
        auto bytes = co_await reading->accepted_->read_some(buffer, in(10s));
        if (!bytes) break;
        into->append(*bytes);
      }
      reading->pause_.wake();
    }(test, &received, sent.size()));
    EXPECT_TRUE(co_await test->client_->write(sent, in(10s)));
    if (received.size() < sent.size()) co_await test->pause_.until(in(10s));
    EXPECT_TRUE(received == sent);
  });
}

TEST_F(StreamTest, ReadPastItsDeadlineTimesOutAndThePeerCanStillBeTold) {
  run([](StreamTest* test) -> Task<void> {
    co_await test->make_pair();
    Buffer buffer{test->worker_.buffers()};
    const auto bytes = co_await test->client_->read_some(buffer, in(60ms));
    EXPECT_EQ(bytes.error().code, Code::kTimedOut);
    EXPECT_TRUE(test->client_->open());
    EXPECT_TRUE(co_await test->client_->write("too late", in(10s)));
    const auto told = co_await test->accepted_->read_some(buffer, in(10s));
    EXPECT_EQ(told.value_or(""), "too late");
    EXPECT_TRUE(co_await test->accepted_->write("sorry", in(10s)));
    const auto heard = co_await test->client_->read_some(buffer, in(10s));
    EXPECT_EQ(heard.value_or(""), "sorry");
  });
}

TEST_F(StreamTest, ReadPastItsDeadlineLeavesAWriteThatWaits) {
  run([](StreamTest* test) -> Task<void> {
    co_await test->make_pair();
    const std::string sent(32 << 20, 'x');
    std::size_t received = 0;
    start([](StreamTest* reading, std::size_t* so_far, std::size_t wanted) -> Task<void> {
      Buffer buffer{reading->worker_.buffers()};
      const auto bytes = co_await reading->client_->read_some(buffer, in(60ms));
      EXPECT_EQ(bytes.error().code, Code::kTimedOut);
      while (*so_far < wanted) {
        const auto more = co_await reading->accepted_->read_some(buffer, in(10s));
        if (!more) break;
        *so_far += more->size();
      }
      reading->pause_.wake();
    }(test, &received, sent.size()));
    EXPECT_TRUE(co_await test->client_->write(sent, in(10s)));
    if (received < sent.size()) co_await test->pause_.until(in(10s));
    EXPECT_EQ(received, sent.size());
  });
}

// Has `accepted_` wake the scenario once when its peer is gone.
void watch(StreamTest* test, bool* noticed) {
  test->accepted_->on_hangup([test, noticed] {
    *noticed = true;
    test->pause_.wake();
  });
}

TEST_F(StreamTest, EndOfThePeerIsNoticedWhileNobodyReads) {
  run([](StreamTest* test) -> Task<void> {
    co_await test->make_pair();
    bool noticed = false;
    watch(test, &noticed);
    test->client_.reset();
    co_await test->pause_.until(in(5s));
    EXPECT_TRUE(noticed);
  });
}

TEST_F(StreamTest, HalfCloseIsNoticedAndTheOtherHalfGoesOn) {
  run([](StreamTest* test) -> Task<void> {
    co_await test->make_pair();
    bool noticed = false;
    watch(test, &noticed);
    test->client_->end_writing();
    co_await test->pause_.until(in(5s));
    EXPECT_TRUE(noticed);
    EXPECT_TRUE(co_await test->accepted_->write("still", in(5s)));
    Buffer buffer{test->worker_.buffers()};
    const auto bytes = co_await test->client_->read_some(buffer, in(5s));
    EXPECT_EQ(bytes.value_or(""), "still");
  });
}

TEST_F(StreamTest, EndThatCameBeforeAnyoneWatchedIsTold) {
  run([](StreamTest* test) -> Task<void> {
    co_await test->make_pair();
    test->client_.reset();
    while (test->accepted_->quiet()) co_await test->pause_.until(in(30ms));
    bool noticed = false;
    watch(test, &noticed);
    EXPECT_TRUE(noticed);
  });
}

TEST_F(StreamTest, EndBehindUnreadBytesIsNoticedAndTheBytesAreRead) {
  run([](StreamTest* test) -> Task<void> {
    co_await test->make_pair();
    bool noticed = false;
    watch(test, &noticed);
    EXPECT_TRUE(co_await test->client_->write("last words", in(5s)));
    test->client_.reset();
    co_await test->pause_.until(in(5s));
    EXPECT_TRUE(noticed);
    Buffer buffer{test->worker_.buffers()};
    const auto bytes = co_await test->accepted_->read_some(buffer, in(5s));
    EXPECT_EQ(bytes.value_or(""), "last words");
    const auto end = co_await test->accepted_->read_some(buffer, in(5s));
    EXPECT_EQ(end.error().code, Code::kClosed);
  });
}

TEST_F(StreamTest, BytesThatNobodyReadAreNoHangupAndAreNotLost) {
  run([](StreamTest* test) -> Task<void> {
    co_await test->make_pair();
    bool noticed = false;
    watch(test, &noticed);
    EXPECT_TRUE(test->accepted_->quiet());
    EXPECT_TRUE(co_await test->client_->write("early", in(5s)));
    while (test->accepted_->quiet()) co_await test->pause_.until(in(30ms));
    EXPECT_FALSE(noticed);
    Buffer buffer{test->worker_.buffers()};
    const auto bytes = co_await test->accepted_->read_some(buffer, in(5s));
    EXPECT_EQ(bytes.value_or(""), "early");
    EXPECT_TRUE(test->accepted_->quiet());
  });
}

TEST_F(StreamTest, CloseEndsAReadThatWaits) {
  run([](StreamTest* test) -> Task<void> {
    co_await test->make_pair();
    start([](StreamTest* closing) -> Task<void> {
      Pause pause{closing->worker_};
      co_await pause.until(in(60ms));
      closing->accepted_->close();
    }(test));
    Buffer buffer{test->worker_.buffers()};
    const auto bytes = co_await test->accepted_->read_some(buffer, in(5s));
    EXPECT_EQ(bytes.error().code, Code::kClosed);
    EXPECT_FALSE(test->accepted_->open());
  });
}

TEST_F(StreamTest, ClosedPortIsUnreachable) {
  run([](StreamTest* test) -> Task<void> {
    auto address = test->address();
    test->listener_->close();
    auto connected = co_await connect(test->worker_, *test->tls_, address, in(5s));
    EXPECT_EQ(connected.error().code, Code::kUpstreamUnreachable);
  });
}

// The resolver takes 127.1 for a name that leads to 127.0.0.1, as a public one might.
TEST_F(StreamTest, NameThatLeadsToAnAddressOfOursIsNotConnectedTo) {
  run([](StreamTest* test) -> Task<void> {
    auto address = test->address();
    address.host = "127.1";
    auto connected = co_await connect(test->worker_, *test->tls_, address, in(5s));
    EXPECT_EQ(connected.error().code, Code::kUpstreamUnreachable);
    EXPECT_TRUE(std::string{connected.error().detail}.starts_with("a public name"));

    address.host = "169.254.169.254";
    connected = co_await connect(test->worker_, *test->tls_, address, in(5s));
    EXPECT_EQ(connected.error().code, Code::kUpstreamUnreachable);
    EXPECT_TRUE(std::string{connected.error().detail}.contains("no provider may have"));

    address.host = "localhost";
    connected = co_await connect(test->worker_, *test->tls_, address, in(5s));
    EXPECT_TRUE(connected);
    co_await test->pause_.until(in(5s));
    EXPECT_TRUE(test->accepted_);
  });
}

TEST_F(StreamTest, PeerThatSpeaksNoTlsIsATlsError) {
  run([](StreamTest* test) -> Task<void> {
    start([](StreamTest* serving) -> Task<void> {
      if (!serving->accepted_) co_await serving->pause_.until(in(5s));
      Buffer buffer{serving->worker_.buffers()};
      (void)co_await serving->accepted_->read_some(buffer, in(5s));
      (void)co_await serving->accepted_->write("HTTP/1.1 400 Bad Request\r\n\r\n", in(5s));
    }(test));
    auto address = test->address();
    address.tls = true;
    auto connected = co_await connect(test->worker_, *test->tls_, address, in(5s));
    EXPECT_EQ(connected.error().code, Code::kUpstreamTls);
  });
}

}  // namespace
}  // namespace tg::net
