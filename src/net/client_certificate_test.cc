// SPDX-License-Identifier: Apache-2.0
#include "net/client_certificate.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "net/client_certificate_impl.h"
#include "net/server_tls_impl.h"
#include "net/test_certificates.h"

namespace tg::net {
namespace {

using Kind = ClientVerdict::Kind;
using namespace std::chrono_literals;

// --- what can be an anchor

TEST(TrustAnchorTest, AuthoritiesAndClientsOwnCertificatesAre) {
  const auto authority = make_test_certificate({});
  const auto read = read_trust_anchor(authority.pem());
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->pem, authority.pem());
  EXPECT_EQ(read->fingerprint.size(), 64U);
  EXPECT_LT(read->valid_at, wall_now());
  EXPECT_GT(read->expires_at, wall_now());
  const auto client = make_test_certificate({.issuer = &authority, .extensions = kTestClient});
  EXPECT_TRUE(read_trust_anchor(client.pem()));
}

TEST(TrustAnchorTest, WhatStandsAroundItIsLeftOut) {
  const auto authority = make_test_certificate({});
  const auto read = read_trust_anchor("Certificate:\n  Data\n" + authority.pem() + "\n\n# end\n");
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->pem, authority.pem());
}

std::string why_refused(std::string_view text) {
  const auto read = read_trust_anchor(text);
  return read ? "accepted" : read.error();
}

TEST(TrustAnchorTest, WhatIsNoCertificateIsRefused) {
  const auto pem = make_test_certificate({}).pem();
  for (const auto& text : {std::string{}, std::string{"nothing in PEM"}, pem.substr(0, 200),
                           pem.substr(28), std::string(1000, '\0'),
                           std::string{"-----BEGIN CERTIFICATE-----\nMIIB\n"
                                       "-----END CERTIFICATE-----\n"},
                           std::string{"-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----"
                                       "\n"}}) {
    EXPECT_TRUE(why_refused(text).contains("no certificate in PEM")) << why_refused(text);
  }
  EXPECT_TRUE(why_refused(pem + pem).contains("more than one certificate"));
  EXPECT_TRUE(why_refused(pem + "-----BEGIN CERTIFICATE-----\n!\n").contains("no certificate"));
  EXPECT_TRUE(why_refused(pem + std::string(kAnchorBytesMax, ' ')).contains("larger than 16 KiB"));
}

TEST(TrustAnchorTest, PrivateKeysAreRefusedAndNotRepeated) {
  const auto authority = make_test_certificate({});
  const auto key = authority.key_pem();
  for (const auto& text : {key, authority.pem() + key, key + authority.pem()}) {
    const auto why = why_refused(text);
    EXPECT_TRUE(why.contains("private key in it"));
    EXPECT_FALSE(why.contains(key.substr(40, 30)));
  }
}

TEST(TrustAnchorTest, WhoCouldAcceptNobodyIsRefused) {
  const auto authority = make_test_certificate({});
  const auto refused = [](const TestWish& wish) {
    return why_refused(make_test_certificate(wish).pem());
  };
  const TestExtensions server{{NID_ext_key_usage, "serverAuth"}};
  EXPECT_TRUE(refused({.issuer = &authority, .extensions = server}).contains("neither"));
  EXPECT_TRUE(refused({.issuer = &authority, .extensions = {}}).contains("neither"));
  EXPECT_TRUE(refused({.extensions = {}, .version = X509_VERSION_1}).contains("neither"));
  const TestExtensions signs_nothing{{NID_basic_constraints, "CA:TRUE"},
                                     {NID_key_usage, "digitalSignature"}};
  EXPECT_TRUE(refused({.extensions = signs_nothing}).contains("neither"));
  EXPECT_TRUE(refused({.rsa_bits = 1024}).contains("too weak"));
}

// --- over a connection

// A client and a server that have shaken hands over a pair of sockets.
class Handshake {
 public:
  Handshake(const ServerTls& tls, SSL_CTX* client, SSL_SESSION* session = nullptr) {
    std::array<int, 2> pair{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair.data()), 0);
    sockets_ = pair;
    server_ = make_server_ssl(tls, true, pair[0]);
    client_.reset(SSL_new(client));
    SSL_set_fd(client_.get(), pair[1]);
    if (session != nullptr) SSL_set_session(client_.get(), session);
    SSL_set_connect_state(client_.get());
    for (int turn = 0; turn < 20 && !(server_done_ && client_done_); ++turn) {
      client_done_ = SSL_do_handshake(client_.get()) == 1;
      server_done_ = SSL_do_handshake(server_.get()) == 1;
    }
  }
  ~Handshake() {
    for (const auto socket : sockets_) ::close(socket);
  }
  Handshake(const Handshake&) = delete;
  Handshake& operator=(const Handshake&) = delete;

  [[nodiscard]] bool done() const { return server_done_; }
  [[nodiscard]] SSL& server() { return *server_; }
  [[nodiscard]] bool resumed() const { return SSL_session_reused(server_.get()) == 1; }
  // That the client could go on with; null where the server gave none.
  [[nodiscard]] std::unique_ptr<SSL_SESSION, void (*)(SSL_SESSION*)> session() {
    SSL_write(server_.get(), "x", 1);
    std::array<char, 8> bytes{};
    SSL_read(client_.get(), bytes.data(), bytes.size());  // takes the tickets in as well
    auto* session = SSL_get1_session(client_.get());
    if (session != nullptr && SSL_SESSION_is_resumable(session) != 1) {
      SSL_SESSION_free(std::exchange(session, nullptr));
    }
    return {session, SSL_SESSION_free};
  }

 private:
  std::array<int, 2> sockets_{};
  SslPointer server_;
  SslPointer client_;
  bool server_done_ = false;
  bool client_done_ = false;
};

class ClientCertificateTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::string pattern = testing::TempDir() + "client_certificate.XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    const std::filesystem::path folder{pattern};
    const TlsFiles files{.certificate = folder / "chain.pem", .key = folder / "key.pem"};
    const auto server = make_test_certificate({.name = "server", .extensions = {}});
    std::ofstream{files.certificate} << server.pem();
    std::ofstream{files.key} << server.key_pem();
    auto tls = ServerTls::load(files);
    std::filesystem::remove_all(folder);
    ASSERT_TRUE(tls) << tls.error();
    server_tls = *tls;
  }
  static void TearDownTestSuite() { server_tls.reset(); }

  static SslContextPointer client(int version = TLS1_3_VERSION) {
    SslContextPointer context{SSL_CTX_new(TLS_client_method())};
    SSL_CTX_set_min_proto_version(context.get(), version);
    SSL_CTX_set_max_proto_version(context.get(), version);
    SSL_CTX_set_security_level(context.get(), 0);  // what it presents may be worse than it likes
    return context;
  }
  using Above = std::vector<const TestCertificate*>;
  static SslContextPointer client_with(const TestCertificate& own, const Above& above = {},
                                       int version = TLS1_3_VERSION) {
    auto context = client(version);
    EXPECT_EQ(SSL_CTX_use_certificate(context.get(), own.certificate.get()), 1);
    EXPECT_EQ(SSL_CTX_use_PrivateKey(context.get(), own.key.get()), 1);
    for (const auto* each : above) SSL_CTX_add1_chain_cert(context.get(), each->certificate.get());
    return context;
  }

  static std::shared_ptr<const ClientTrust> trust_in(const Above& anchors) {
    std::vector<std::string> pems;
    for (const auto* each : anchors) pems.push_back(each->pem());
    auto trust = ClientTrust::make(pems);
    EXPECT_TRUE(trust);
    return *trust;
  }

  // What the server thinks of a client that presents these, by what it trusts.
  static ClientVerdict verdict(const TestCertificate& own, const Above& sent, const Above& anchors,
                               std::chrono::seconds later = 0s) {
    const auto context = client_with(own, sent);
    Handshake handshake{*server_tls, context.get()};
    EXPECT_TRUE(handshake.done());
    return verify_client_of(handshake.server(), *trust_in(anchors), wall_now() + later);
  }

  TestCertificate root_ = make_test_certificate({.name = "root"});
  TestCertificate middle_ = make_test_certificate({.name = "middle", .issuer = &root_});
  TestCertificate other_ = make_test_certificate({.name = "root"});  // of the same name
  TestCertificate leaf_ = leaf_of(root_);
  TestCertificate below_ = leaf_of(middle_);

  static TestCertificate leaf_of(const TestCertificate& issuer) {
    return make_test_certificate({.name = "leaf", .issuer = &issuer, .extensions = kTestClient});
  }

  static std::shared_ptr<const ServerTls> server_tls;
};
std::shared_ptr<const ServerTls> ClientCertificateTest::server_tls;

TEST_F(ClientCertificateTest, ChainsToAnAnchorAreAccepted) {
  EXPECT_EQ(verdict(leaf_, {}, {&root_}).kind, Kind::kAccepted);
  EXPECT_EQ(verdict(leaf_, {}, {&other_, &root_}).kind, Kind::kAccepted);
  EXPECT_EQ(verdict(below_, {&middle_}, {&root_}).kind, Kind::kAccepted);
  EXPECT_EQ(verdict(below_, {&middle_, &root_}, {&root_}).kind, Kind::kAccepted);
  // An anchor need not have signed itself, nor be an authority.
  EXPECT_EQ(verdict(below_, {}, {&middle_}).kind, Kind::kAccepted);
  EXPECT_EQ(verdict(leaf_, {}, {&leaf_}).kind, Kind::kAccepted);
}

TEST_F(ClientCertificateTest, OtherChainsAreRefused) {
  for (const auto& anchors : {Above{}, Above{&other_}, Above{&below_}, Above{&middle_}}) {
    const auto refused = verdict(leaf_, {}, anchors);
    EXPECT_EQ(refused.kind, Kind::kRefused);
    EXPECT_STRNE(refused.why, "");
  }
  EXPECT_EQ(verdict(below_, {}, {&root_}).kind, Kind::kRefused) << "nobody sent what is between";
  EXPECT_EQ(verdict(leaf_of(other_), {&root_}, {&root_}).kind, Kind::kRefused);
  // Of a client's own certificate nothing follows for others.
  EXPECT_EQ(verdict(leaf_of(leaf_), {&leaf_}, {&leaf_}).kind, Kind::kRefused);
  EXPECT_EQ(verdict(leaf_of(leaf_), {&leaf_}, {&root_}).kind, Kind::kRefused);
}

TEST_F(ClientCertificateTest, WhoPresentsNoneIsNotAccepted) {
  const auto context = client();
  Handshake handshake{*server_tls, context.get()};
  ASSERT_TRUE(handshake.done());
  const auto none = verify_client_of(handshake.server(), *trust_in({&root_}), wall_now());
  EXPECT_EQ(none.kind, Kind::kNone);
}

TEST_F(ClientCertificateTest, EachDateOfTheChainCounts) {
  const auto until = verdict(leaf_, {}, {&root_}).good_until;
  EXPECT_LT(std::chrono::abs(until - (wall_now() + 3600s)), 60s);
  EXPECT_EQ(verdict(leaf_, {}, {&root_}, 3700s).kind, Kind::kRefused);
  const auto brief = make_test_certificate({.name = "brief", .issuer = &root_, .ends_in_s = 600});
  const auto of_brief = leaf_of(brief);
  const auto soon = verdict(of_brief, {&brief}, {&root_}).good_until;
  EXPECT_LT(std::chrono::abs(soon - (wall_now() + 600s)), 60s);
  EXPECT_EQ(verdict(of_brief, {&brief}, {&root_}, 700s).kind, Kind::kRefused);
  EXPECT_EQ(verdict(of_brief, {}, {&brief}, 700s).kind, Kind::kRefused) << "the anchor ended";
  const auto early = make_test_certificate(
      {.name = "leaf", .issuer = &root_, .extensions = kTestClient, .begins_in_s = 600});
  EXPECT_EQ(verdict(early, {}, {&root_}).kind, Kind::kRefused);
  EXPECT_EQ(verdict(early, {}, {&root_}, 700s).kind, Kind::kAccepted);
}

TEST_F(ClientCertificateTest, PurposesAndConstraintsHold) {
  const auto refused = [this](const TestExtensions& extensions, const TestCertificate& issuer) {
    const auto leaf =
        make_test_certificate({.name = "leaf", .issuer = &issuer, .extensions = extensions});
    return verdict(leaf, {&issuer}, {&root_}).kind == Kind::kRefused;
  };
  EXPECT_TRUE(refused({{NID_ext_key_usage, "serverAuth"}}, middle_));
  EXPECT_TRUE(refused({}, middle_)) << "it names no use at all";
  EXPECT_TRUE(
      refused({{NID_ext_key_usage, "clientAuth"}, {NID_key_usage, "keyEncipherment"}}, middle_));
  const auto authority = [this](const TestExtensions& extensions) {
    return make_test_certificate({.name = "between", .issuer = &root_, .extensions = extensions});
  };
  EXPECT_TRUE(refused(kTestClient, authority({{NID_basic_constraints, "CA:FALSE"}})));
  EXPECT_TRUE(refused(kTestClient, authority({{NID_key_usage, "keyCertSign"}})));
  EXPECT_TRUE(refused(kTestClient, authority({{NID_basic_constraints, "CA:TRUE"},
                                              {NID_ext_key_usage, "serverAuth"}})));
  EXPECT_FALSE(refused(kTestClient, authority(kTestAuthority)));
}

TEST_F(ClientCertificateTest, PathsHaveALength) {
  const auto last = make_test_certificate(
      {.name = "last",
       .issuer = &root_,
       .extensions = {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"}}});
  const auto beyond = make_test_certificate({.name = "beyond", .issuer = &last});
  EXPECT_EQ(verdict(leaf_of(last), {&last}, {&root_}).kind, Kind::kAccepted);
  EXPECT_EQ(verdict(leaf_of(beyond), {&beyond, &last}, {&root_}).kind, Kind::kRefused);

  std::vector<TestCertificate> line;
  line.reserve(5);
  for (int i = 0; i < 5; ++i) {
    line.push_back(make_test_certificate(
        {.name = "line " + std::to_string(i), .issuer = i == 0 ? &root_ : &line.back()}));
  }
  const Above four{line.data(), &line[1], &line[2], &line[3]};
  EXPECT_EQ(verdict(leaf_of(line[3]), four, {&root_}).kind, Kind::kAccepted);
  auto five = four;
  five.push_back(&line[4]);
  EXPECT_EQ(verdict(leaf_of(line[4]), five, {&root_}).kind, Kind::kRefused);
}

TEST_F(ClientCertificateTest, WeakKeysAndDigestsAreRefused) {
  const auto short_key = make_test_certificate(
      {.name = "leaf", .issuer = &root_, .extensions = kTestClient, .rsa_bits = 1024});
  EXPECT_EQ(verdict(short_key, {}, {&root_}).kind, Kind::kRefused);
  const auto old_digest = make_test_certificate(
      {.name = "leaf", .issuer = &root_, .extensions = kTestClient, .digest = EVP_sha1()});
  EXPECT_EQ(verdict(old_digest, {}, {&root_}).kind, Kind::kRefused);
}

TEST_F(ClientCertificateTest, HugeChainsEndTheHandshake) {
  std::vector<TestCertificate> many;
  many.reserve(8);
  Above above;
  for (int i = 0; i < 8; ++i) {
    many.push_back(make_test_certificate({.name = "one of many"}));
    above.push_back(&many.back());
  }
  auto context = client_with(leaf_, above);
  EXPECT_FALSE((Handshake{*server_tls, context.get()}.done()));
  above.pop_back();
  context = client_with(leaf_, above);
  EXPECT_TRUE((Handshake{*server_tls, context.get()}.done()));

  const std::string names(40'000, 'n');
  const auto text = "DNS:" + names.substr(0, 40'000);
  const auto large = make_test_certificate(
      {.name = "large",
       .issuer = &root_,
       .extensions = {{NID_ext_key_usage, "clientAuth"}, {NID_subject_alt_name, text.c_str()}}});
  context = client_with(large);
  EXPECT_FALSE((Handshake{*server_tls, context.get()}.done()));
}

// Also with a ticket, the client has to prove that the key is its own, and to show the whole chain.
TEST_F(ClientCertificateTest, SessionsWithACertificateAreNotResumed) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto context = client_with(below_, {&middle_}, version);
    Handshake first{*server_tls, context.get()};
    ASSERT_TRUE(first.done());
    const auto session = first.session();
    if (version == TLS1_3_VERSION) EXPECT_EQ(session, nullptr);
    Handshake second{*server_tls, context.get(), session.get()};
    ASSERT_TRUE(second.done());
    EXPECT_FALSE(second.resumed());
    const auto again = verify_client_of(second.server(), *trust_in({&root_}), wall_now());
    EXPECT_EQ(again.kind, Kind::kAccepted) << again.why;
    // Nor does a session lend its certificate to a client that has none.
    const auto without = client(version);
    Handshake third{*server_tls, without.get(), session.get()};
    ASSERT_TRUE(third.done());
    const auto none = verify_client_of(third.server(), *trust_in({&root_}), wall_now());
    EXPECT_EQ(none.kind, Kind::kNone);
  }
}

TEST_F(ClientCertificateTest, SessionsWithoutOneAreResumed) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto context = client(version);
    Handshake first{*server_tls, context.get()};
    const auto session = first.session();
    ASSERT_NE(session, nullptr);
    Handshake second{*server_tls, context.get(), session.get()};
    ASSERT_TRUE(second.done());
    EXPECT_TRUE(second.resumed());
  }
}

TEST_F(ClientCertificateTest, ADamagedAnchorIsNoTrust) {
  const std::vector<std::string> damaged{root_.pem(), "-----BEGIN CERTIFICATE-----"};
  const auto trust = ClientTrust::make(damaged);
  ASSERT_FALSE(trust);
  EXPECT_EQ(trust.error().code, Code::kCorrupt);
}

}  // namespace
}  // namespace tg::net
