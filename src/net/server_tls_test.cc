// SPDX-License-Identifier: Apache-2.0
#include "net/server_tls.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>

#include "net/connect.h"
#include "net/listener.h"

namespace tg::net {
namespace {

using namespace std::chrono_literals;

SteadyTime in(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
  void operator()(std::FILE* file) const { std::fclose(file); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

// A certificate for 127.0.0.1 that signed itself, good for an hour, and its key.
void write_pair(const TlsFiles& files) {
  const Owned<EVP_PKEY> key{EVP_EC_gen("P-256")};
  const Owned<X509> certificate{X509_new()};
  auto* name = X509_get_subject_name(certificate.get());
  const std::array<unsigned char, 5> common{'t', 'e', 's', 't', 's'};
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common.data(), common.size(), -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  const Owned<X509_EXTENSION> names{
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1")};
  X509_add_ext(certificate.get(), names.get(), -1);
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  const Owned<std::FILE> certificate_file{std::fopen(files.certificate.c_str(), "w")};
  PEM_write_X509(certificate_file.get(), certificate.get());
  const Owned<std::FILE> key_file{std::fopen(files.key.c_str(), "w")};
  PEM_write_PrivateKey(key_file.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
}

// Both ends of connections over TLS, on one worker.
class ServerTlsTest : public testing::Test {
 public:
  void SetUp() override {
    std::signal(SIGPIPE, SIG_IGN);  // as `serve` does: a peer that is gone is an error, not an end
    std::string pattern = testing::TempDir() + "server_tls.XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    files_ = {.certificate = folder_ / "chain.pem", .key = folder_ / "key.pem"};
    write_pair(files_);
    auto tls = ServerTls::load(files_);
    ASSERT_TRUE(tls) << tls.error();
    tls_ = *tls;
    auto trusting = TlsContext::open(files_.certificate.string());
    ASSERT_TRUE(trusting);
    trusting_ = std::move(*trusting);
    auto opened = Listener::open(worker_, {.host = "127.0.0.1", .port = 0});
    ASSERT_TRUE(opened);
    listener_ = std::move(*opened);
    listener_->set_tls(tls_);
    listener_->start([this](std::unique_ptr<Stream> stream, const std::string&) {
      accepted_ = std::move(stream);
      net::start(shake_hands());
    });
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  using Scenario = Task<void> (*)(ServerTlsTest*);
  void run(Scenario scenario) {
    worker_.post([this, scenario] { net::start(run_to_end(scenario)); });
    worker_.run();
  }
  Task<void> run_to_end(Scenario scenario) {
    co_await scenario(this);
    worker_.stop();
  }

  Task<void> shake_hands() {
    shaken_ = co_await accepted_->shake_hands(in(5s));
    pause_.wake();
  }

  Task<void> make_pair(bool tls) {
    UpstreamAddress address{.host = "127.0.0.1", .port = listener_->port(), .tls = tls};
    auto connected = co_await connect(worker_, *trusting_, std::move(address), in(5s));
    EXPECT_TRUE(connected);
    if (connected) client_ = std::move(*connected);
  }

  std::filesystem::path folder_;
  TlsFiles files_;
  Worker worker_{0};
  Pause pause_{worker_};
  std::shared_ptr<const ServerTls> tls_;
  std::unique_ptr<TlsContext> trusting_;
  std::unique_ptr<Listener> listener_;
  std::unique_ptr<Stream> accepted_;
  std::unique_ptr<Stream> client_;
  Result<void> shaken_;
};

TEST_F(ServerTlsTest, TwoPiecesShareARecordAndLargeOnesPassWhole) {
  run([](ServerTlsTest* test) -> Task<void> {
    co_await test->make_pair(true);
    co_await test->pause_.until(in(5s));
    EXPECT_TRUE(test->shaken_);
    EXPECT_TRUE(test->accepted_->over_tls());
    Buffer buffer{test->worker_.buffers()};
    EXPECT_TRUE(co_await test->accepted_->write("head ", "body", in(5s)));
    // OpenSSL gives at most one record a read.
    auto bytes = co_await test->client_->read_some(buffer, in(5s));
    EXPECT_EQ(std::string(bytes.value_or("")), "head body");

    const std::string head(1000, 'h');
    const std::string body(100'000, 'b');
    EXPECT_TRUE(co_await test->accepted_->write(head, body, in(5s)));
    std::string received;
    while (received.size() < head.size() + body.size()) {
      bytes = co_await test->client_->read_some(buffer, in(5s));
      if (!bytes) break;
      received.append(*bytes);
    }
    EXPECT_TRUE(received == head + body);
  });
}

TEST_F(ServerTlsTest, CloseIsTheEndOfThePeersStream) {
  run([](ServerTlsTest* test) -> Task<void> {
    co_await test->make_pair(true);
    co_await test->pause_.until(in(5s));
    test->accepted_->close();
    Buffer buffer{test->worker_.buffers()};
    const auto bytes = co_await test->client_->read_some(buffer, in(5s));
    EXPECT_EQ(bytes.error().code, Code::kClosed);
  });
}

// The kernel has nothing left to tell of what OpenSSL took in and nobody read.
TEST_F(ServerTlsTest, RecordThatCameWhileNobodyReadIsNotForgotten) {
  run([](ServerTlsTest* test) -> Task<void> {
    co_await test->make_pair(true);
    co_await test->pause_.until(in(5s));
    bool noticed = false;
    test->accepted_->on_hangup([&noticed] { noticed = true; });
    EXPECT_TRUE(co_await test->client_->write("second", in(5s)));
    while (test->accepted_->quiet()) co_await test->pause_.until(in(30ms));
    EXPECT_FALSE(noticed);
    Buffer buffer{test->worker_.buffers()};
    const auto bytes = co_await test->accepted_->read_some(buffer, in(5s));
    EXPECT_EQ(bytes.value_or(""), "second");
    EXPECT_TRUE(test->accepted_->quiet());
  });
}

// Tickets come to a client unasked, and are nothing that anybody would read.
TEST_F(ServerTlsTest, TicketsAfterAHandshakeLeaveItQuiet) {
  run([](ServerTlsTest* test) -> Task<void> {
    co_await test->make_pair(true);
    co_await test->pause_.until(in(5s));
    co_await test->pause_.until(in(60ms));
    EXPECT_TRUE(test->client_->quiet());
    test->accepted_->close();
    while (test->client_->quiet()) co_await test->pause_.until(in(30ms));
  });
}

// Each record is a read of its own; all of them stand ready.
TEST_F(ServerTlsTest, WhoReadsOnAndOnLetsOthersHaveTheirTurn) {
  run([](ServerTlsTest* test) -> Task<void> {
    co_await test->make_pair(true);
    co_await test->pause_.until(in(5s));
    constexpr int kRecords = 40;
    for (int i = 0; i < kRecords; ++i) EXPECT_TRUE(co_await test->client_->write("x", in(5s)));
    while (test->accepted_->quiet()) co_await test->pause_.until(in(30ms));
    bool others_ran = false;
    test->worker_.post([&others_ran] { others_ran = true; });
    Buffer buffer{test->worker_.buffers()};
    for (int i = 0; i < kRecords; ++i) {
      const auto bytes = co_await test->accepted_->read_some(buffer, in(5s));
      EXPECT_EQ(bytes.value_or(""), "x");
    }
    EXPECT_TRUE(others_ran);
  });
}

TEST_F(ServerTlsTest, PlainHttpIsNamedAndCanBeAnswered) {
  run([](ServerTlsTest* test) -> Task<void> {
    co_await test->make_pair(false);
    EXPECT_TRUE(co_await test->client_->write("GET / HTTP/1.1\r\n\r\n", in(5s)));
    co_await test->pause_.until(in(5s));
    EXPECT_EQ(test->shaken_.error().code, Code::kMalformedHttp);
    EXPECT_FALSE(test->accepted_->over_tls());
    EXPECT_TRUE(co_await test->accepted_->write("told", in(5s)));
    Buffer buffer{test->worker_.buffers()};
    const auto bytes = co_await test->client_->read_some(buffer, in(5s));
    EXPECT_EQ(std::string(bytes.value_or("")), "told");
  });
}

TEST_F(ServerTlsTest, NewTicketKeysKeepTheCertificate) {
  const auto renewed = tls_->with_new_ticket_keys();
  ASSERT_TRUE(renewed) << renewed.error();
  EXPECT_NE(*renewed, tls_);
  EXPECT_EQ((*renewed)->good_until(), tls_->good_until());
  listener_->set_tls(*renewed);
  run([](ServerTlsTest* test) -> Task<void> {
    co_await test->make_pair(true);
    co_await test->pause_.until(in(5s));
    EXPECT_TRUE(test->shaken_);
  });
}

}  // namespace
}  // namespace tg::net
