// SPDX-License-Identifier: Apache-2.0
#include "providers/fetch_models.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "base/files.h"

namespace tg::providers {
namespace {

// Answers one connection on the loopback with fixed bytes and keeps what it was asked.
class OneAnswer {
 public:
  explicit OneAnswer(std::string answer) : answer_{std::move(answer)} {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    TG_CHECK(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    TG_CHECK(::listen(listener_.get(), 1) == 0);
    socklen_t size = sizeof address;
    TG_CHECK(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread{[this] { serve(); }};
  }
  ~OneAnswer() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }

  [[nodiscard]] std::string url() const { return fmt::format("http://127.0.0.1:{}/v1", port_); }
  // After the answer was read.
  [[nodiscard]] std::string request() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
    thread_ = std::thread{[] {}};
    return request_;
  }

 private:
  void serve() {
    const FileDescriptor peer{::accept(listener_.get(), nullptr, nullptr)};
    if (!peer.valid()) return;
    std::array<char, 4096> buffer{};
    while (!request_.contains("\r\n\r\n")) {
      const auto count = ::read(peer.get(), buffer.data(), buffer.size());
      if (count <= 0) return;
      request_.append(buffer.data(), static_cast<std::size_t>(count));
    }
    if (answer_.empty()) {  // stays silent until the client gives up
      [[maybe_unused]] const auto gone = ::read(peer.get(), buffer.data(), buffer.size());
      return;
    }
    [[maybe_unused]] const auto sent =
        ::send(peer.get(), answer_.data(), answer_.size(), MSG_NOSIGNAL);
  }

  const std::string answer_;
  const FileDescriptor listener_{::socket(AF_INET, SOCK_STREAM, 0)};
  std::uint16_t port_ = 0;
  std::string request_;
  std::thread thread_;
};

std::string http(int status, std::string_view body, std::string_view fields = {}) {
  return fmt::format("HTTP/1.1 {} X\r\nContent-Length: {}\r\nConnection: close\r\n{}\r\n{}", status,
                     body.size(), fields, body);
}

Code code_of(const std::string& answer, const FetchLimits& limits = {}) {
  OneAnswer server{answer};
  const auto models = fetch_models(server.url(), SecretBytes{"sk-secret"}, limits);
  return models ? Code::kInternal : models.error().code;
}

TEST(FetchModels, AsksForTheListWithTheCredential) {
  OneAnswer server{http(200, R"({"data":[{"id":"gpt-4o"}]})")};
  const auto models = fetch_models(server.url() + "/", SecretBytes{"sk-secret"});
  ASSERT_TRUE(models) << models.error().detail;
  EXPECT_EQ(*models, std::vector<std::string>{"gpt-4o"});
  const auto request = server.request();
  EXPECT_TRUE(request.starts_with("GET /v1/models HTTP/1.1\r\n")) << request;
  EXPECT_TRUE(request.contains("Authorization: Bearer sk-secret\r\n")) << request;
}

TEST(FetchModels, SendsNoAuthorizationWithoutACredential) {
  OneAnswer server{http(200, "[]")};
  ASSERT_TRUE(fetch_models(server.url(), SecretBytes{}));
  EXPECT_FALSE(server.request().contains("Authorization"));
}

TEST(FetchModels, TellsAMissingListFromARefusedCredential) {
  EXPECT_EQ(code_of(http(404, "")), Code::kNotFound);
  EXPECT_EQ(code_of(http(405, "")), Code::kNotFound);
  EXPECT_EQ(code_of(http(401, "")), Code::kForbidden);
  EXPECT_EQ(code_of(http(403, "")), Code::kForbidden);
  EXPECT_EQ(code_of(http(500, "")), Code::kUpstreamProtocol);
}

TEST(FetchModels, AsksNoAddressThatTheOperatorDidNotName) {
  OneAnswer server{http(200, "[]")};
  // Of an address that the resolver knows by this name, as it would know a public one.
  const auto port = server.url().substr(server.url().rfind(':'));
  for (const auto* host : {"http://127.1", "http://0.0.0.0", "http://2130706433"}) {
    const auto models = fetch_models(host + port, SecretBytes{"sk-secret"});
    ASSERT_FALSE(models) << host;
    EXPECT_EQ(models.error().code, Code::kUpstreamUnreachable) << host;
    EXPECT_TRUE(std::string{models.error().detail}.contains("leads to an address")) << host;
  }
  EXPECT_EQ(server.request(), "");
}

TEST(FetchModels, FollowsNoRedirect) {
  OneAnswer elsewhere{http(200, "[]")};
  EXPECT_EQ(code_of(http(302, "", fmt::format("Location: {}\r\n", elsewhere.url()))),
            Code::kUpstreamProtocol);
  EXPECT_EQ(elsewhere.request(), "");
}

TEST(FetchModels, RefusesAListThatIsTooLarge) {
  EXPECT_EQ(code_of(http(200, std::string(2000, ' ')), {.body_bytes_max = 1000}),
            Code::kUpstreamProtocol);
}

TEST(FetchModels, GivesUpOnAProviderThatStaysSilent) {
  EXPECT_EQ(code_of("", {.timeout = std::chrono::milliseconds{50}}), Code::kUpstreamTimeout);
}

TEST(FetchModels, SaysWhenNothingAnswers) {
  std::string url;
  {
    const OneAnswer closed{http(200, "[]")};
    url = closed.url();
  }
  const auto models = fetch_models(url, SecretBytes{});
  ASSERT_FALSE(models);
  EXPECT_EQ(models.error().code, Code::kUpstreamUnreachable);
}

TEST(FetchModels, RefusesAnswersThatAreNoHttpOrNoList) {
  EXPECT_EQ(code_of("garbage\r\n\r\n"), Code::kUpstreamProtocol);
  EXPECT_EQ(code_of(http(200, "<html>")), Code::kUpstreamProtocol);
}

TEST(FetchModels, RefusesOtherSchemes) {
  EXPECT_FALSE(fetch_models("file:///etc", SecretBytes{}));
  EXPECT_FALSE(fetch_models("ftp://127.0.0.1", SecretBytes{}));
}

}  // namespace
}  // namespace tg::providers
