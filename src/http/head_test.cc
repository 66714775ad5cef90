// SPDX-License-Identifier: Apache-2.0
#include "http/head.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace tg::http {
namespace {

using namespace std::string_literals;

const std::string kStart = "POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\n";
const std::string kCanary = "GET /__canary HTTP/1.1\r\nHost: h\r\n\r\n";

struct Verdict {
  std::string outcome;  // an error's name, or how the head was framed
  std::size_t consumed = 0;
  friend bool operator==(const Verdict&, const Verdict&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Verdict& verdict) {
    return out << verdict.outcome << " after " << verdict.consumed;
  }
};

std::string describe(const RequestHead& head) {
  const char* const framings[] = {"none", "length", "chunked", "until_close"};
  std::string text = framings[static_cast<int>(head.framing)];
  if (head.framing == Framing::kLength) text += " " + std::to_string(head.content_length);
  if (!head.keep_alive) text += " close";
  if (head.expects_continue) text += " continue";
  return text;
}

// An exact copy on the heap, so that AddressSanitizer sees a read past the end.
Result<std::size_t> parse_exactly(std::string_view bytes, RequestHead& head) {
  const std::vector<char> copy(bytes.begin(), bytes.end());
  return parse_request_head({copy.data(), copy.size()}, head);
}

Verdict parse_whole(std::string_view bytes) {
  RequestHead head;
  const auto consumed = parse_request_head(bytes, head);
  if (!consumed) return {name(consumed.error().code)};
  if (*consumed == 0) return {"incomplete"};
  return {describe(head), *consumed};
}

// As a connection does it: more bytes, and again from the front, until there is a verdict.
Verdict parse_growing(std::string_view bytes, std::size_t first, std::size_t step) {
  auto head = std::make_unique<RequestHead>();
  for (std::size_t size = first; size < bytes.size(); size += step) {
    const auto consumed = parse_exactly(bytes.substr(0, size), *head);
    if (!consumed) return {name(consumed.error().code)};
    if (*consumed != 0) return {describe(*head), *consumed};
  }
  return parse_whole(bytes);
}

Verdict parse_in_every_way(const std::string& bytes) {
  const Verdict whole = parse_whole(bytes);
  EXPECT_EQ(parse_growing(bytes, 0, 1), whole) << "byte by byte";
  for (std::size_t split = 0; split < bytes.size(); ++split) {
    EXPECT_EQ(parse_growing(bytes, split, bytes.size()), whole) << "split at " << split;
  }
  return whole;
}

struct Shape {
  std::string bytes;  // after kStart; whole when it begins with '!'
  std::string outcome;
};

void expect_shapes(const std::vector<Shape>& shapes) {
  for (const auto& [bytes, outcome] : shapes) {
    SCOPED_TRACE(testing::PrintToString(bytes));
    const bool is_whole = bytes.starts_with('!');
    const auto message = (is_whole ? bytes.substr(1) : kStart + bytes + "\r\n\r\n") + kCanary;
    EXPECT_EQ(parse_in_every_way(message).outcome, outcome);
  }
}

// The numbers are those of the project's list of 46 byte shapes.
TEST(RequestHead, LengthAndChunksTogetherAreRefused) {
  expect_shapes({
      {"Content-Length: 5\r\nTransfer-Encoding: chunked", "malformed_http"},  // 1
      {"Transfer-Encoding: chunked\r\nContent-Length: 5", "malformed_http"},  // 2
      {"Content-Length: 5\r\nTransfer-Encoding:", "malformed_http"},          // 23
  });
}

TEST(RequestHead, ContentLengthIsOnePlainNumberOrRefused) {
  expect_shapes({
      {"Content-Length: 5\r\nContent-Length: 6", "malformed_http"},  // 3
      {"Content-Length: 5\r\nContent-Length: 5", "malformed_http"},  // 4
      {"Content-Length: 5, 5", "malformed_http"},                    // 5
      {"Content-Length: 5,6", "malformed_http"},
      {"Content-Length: 5,", "malformed_http"},
      {"Content-Length: +5", "malformed_http"},  // 6
      {"Content-Length: -5", "malformed_http"},
      {"Content-Length: -0", "malformed_http"},
      {"Content-Length: 0x5", "malformed_http"},  // 7
      {"Content-Length: 0o5", "malformed_http"},
      {"Content-Length: 5_0", "malformed_http"},
      {"Content-Length: 5 0", "malformed_http"},
      {"Content-Length: 5a", "malformed_http"},
      {"Content-Length: \xe0\xa5\xab", "malformed_http"},
      {"Content-Length:", "malformed_http"},      // 8
      {"Content-Length: 005", "malformed_http"},  // 9
      {"Content-Length: 00", "malformed_http"},
      {"Content-Length: 18446744073709551621", "malformed_http"},  // 10
      {"Content-Length: " + std::string(40, '9'), "malformed_http"},
      {"Content-Length:\t5 ", "length 5"},  // 11
      {"Content-Length: 0", "length 0"},
      {"Content-Length: 999999999999999999", "length 999999999999999999"},
      {"Content-Length : 5", "malformed_http"},                      // 12
      {"Content_Length: 9\r\nContent-Length: 5", "malformed_http"},  // 26
  });
}

TEST(RequestHead, TransferEncodingIsChunkedAloneOrRefused) {
  expect_shapes({
      {"Transfer-Encoding: chunked", "chunked"},
      {"Transfer-Encoding: CHUNKED", "chunked"},                       // 25
      {"Transfer-Encoding : chunked", "malformed_http"},               // 13
      {"Transfer-Encoding\t: chunked", "malformed_http"},              //
      {" Transfer-Encoding: chunked", "malformed_http"},               // 14, after Host
      {"\tTransfer-Encoding: chunked", "malformed_http"},              //
      {"!POST / HTTP/1.1\r\n Host: h\r\n\r\n", "malformed_http"},      // 14, as the first line
      {"X: a\r\n Transfer-Encoding: chunked", "malformed_http"},       // 15
      {"Transfer-Encoding:\r\n chunked", "malformed_http"},            // 16
      {"Transfer-Encoding: xchunked", "unsupported_transfer_coding"},  // 17
      {"Transfer-Encoding: chunke", "unsupported_transfer_coding"},
      {"Transfer-Encoding: \"chunked\"", "malformed_http"},
      {"Transfer-Encoding: chunked;q=1", "malformed_http"},
      {"Transfer-Encoding: chunked, identity", "malformed_http"},      // 18
      {"Transfer-Encoding: identity", "unsupported_transfer_coding"},  // 19
      {"Transfer-Encoding: identity\r\nContent-Length: 5", "malformed_http"},
      {"Transfer-Encoding: gzip, chunked", "unsupported_transfer_coding"},  // 20
      {"Transfer-Encoding: chunked, chunked", "malformed_http"},            // 21
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "malformed_http"},
      {"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked", "malformed_http"},
      {"Transfer-Encoding: ,chunked", "malformed_http"},  // 22
      {"Transfer-Encoding: chunked,", "malformed_http"},
      {"Transfer-Encoding:", "malformed_http"},  // 23
      {"Transfer-Encoding: \x0b"
       "chunked",
       "malformed_http"},  // 24
      {"Transfer-Encoding: \x0c"
       "chunked",
       "malformed_http"},
      {"Transfer-Encoding: chunked\0"s, "malformed_http"},
      {"Transfer-Encoding: chunked\x01", "malformed_http"},
      {"Transfer-Encoding: chunked\x7f", "malformed_http"},
      {"Transfer-Encoding: chunked\xa0", "malformed_http"},
      {"Transfer_Encoding: chunked\r\nContent-Length: 5", "malformed_http"},  // 26
      {"Transfer-Encod\xc4\xb1ng: chunked", "malformed_http"},                // 27
      {"!POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n",
       "malformed_http"},  // 28
  });
}

TEST(RequestHead, LinesEndInCarriageReturnAndLineFeedOnly) {
  expect_shapes({
      {"X: a\rTransfer-Encoding: chunked", "malformed_http"},  // 29
      {"X: a\nTransfer-Encoding: chunked", "malformed_http"},  // 30
      {"!GET / HTTP/1.1\r\nHost: h\n\n", "malformed_http"},    // 31
      {"!GET / HTTP/1.1\r\nHost: h\r\n\n", "malformed_http"},
      {"!GET / HTTP/1.1\nHost: h\n\n", "malformed_http"},
      {"!GET / HTTP/1.1\r\nHost: h\r\n\rX", "malformed_http"},
  });
}

TEST(RequestHead, ThereIsOneHostAndItIsAHost) {
  const auto with_host = [](const std::string& lines) {
    return "!GET / HTTP/1.1\r\n" + lines + "\r\n";
  };
  expect_shapes({
      {with_host("Host: h\r\n"), "none"},
      {with_host("host: api.example.com:8080\r\n"), "none"},
      {with_host("Host: [::1]:8080\r\n"), "none"},
      {with_host(""), "malformed_http"},  // 40
      {with_host("Host: h\r\nHost: h\r\n"), "malformed_http"},
      {with_host("Host: a,b\r\n"), "malformed_http"},
      {with_host("Host: u@h\r\n"), "malformed_http"},
      {with_host("Host: h/p\r\n"), "malformed_http"},
      {with_host("Host:\r\n"), "malformed_http"},
      {with_host("Host: h:\r\n"), "malformed_http"},
      {with_host("Host: h:99999\r\n"), "malformed_http"},
      {with_host("Host: [::1\r\n"), "malformed_http"},
      {"!GET / HTTP/1.0\r\n\r\n", "none close"},
  });
}

TEST(RequestHead, BodyOfARequestThatNeedsNoneIsStillItsBody) {
  expect_shapes({{"!GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 30\r\n\r\n", "length 30"}});  // 42
}

TEST(RequestHead, OnlyOneExpectationIsKnown) {
  expect_shapes({
      {"Expect: 100-continue\r\nContent-Length: 5", "length 5 continue"},  // 43
      {"Expect: 100-Continue\r\nTransfer-Encoding: chunked", "chunked continue"},
      {"Expect: 100-continue", "none"},
      {"Expect: x\r\nContent-Length: 5", "expectation_failed"},
      {"Expect: 100-continue, x\r\nContent-Length: 5", "expectation_failed"},
      {"!POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n", "length 5 close"},
  });
}

TEST(RequestHead, RequestLineIsMethodTargetVersionAndNothingElse) {
  const auto line = [](const std::string& text) { return "!" + text + "\r\nHost: h\r\n\r\n"; };
  expect_shapes({
      {line("GET  / HTTP/1.1"), "malformed_http"},  // 44
      {line("GET\t/ HTTP/1.1"), "malformed_http"},
      {line("GET / HTTP/1.1 x"), "malformed_http"},
      {line("GET / HTTP/1.1 "), "malformed_http"},
      {line("GET /  HTTP/1.1"), "malformed_http"},
      {line("GET / http/1.1"), "malformed_http"},
      {line("GET / HTTP/1.10"), "malformed_http"},
      {line("GET / HTTP/1"), "malformed_http"},
      {line("GET / HTTP/2.0"), "unsupported_http_version"},
      {line("GET / HTTP/1.2"), "unsupported_http_version"},
      {line("GET /"), "malformed_http"},
      {line("get / HTTP/1.1"), "malformed_http"},
      {line("G@T / HTTP/1.1"), "malformed_http"},
      {line(" GET / HTTP/1.1"), "malformed_http"},
      {line(std::string(17, 'A') + " / HTTP/1.1"), "malformed_http"},
      {"!PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "unsupported_http_version"},  // 46
      {"!\x16\x03\x01\x02", "malformed_http"},                            // a TLS client
  });
}

TEST(RequestHead, TargetIsAPlainPath) {
  const auto target = [](const std::string& text) {
    return "!GET " + text + " HTTP/1.1\r\nHost: h\r\n\r\n";
  };
  for (const auto& bad :
       {"http://other/"s, "*"s,       "h:443"s,      ""s,  // 41
        "/\0"s,           "/a\x01"s,  "/a\x7f"s,     "/\x80"s,      "/\xff"s,
        "/#frag"s,        "/a?b#c"s,  "/\\"s,  // 45
        "/%00"s,          "/%0d%0a"s, "/%c0%af"s,    "/../v1"s,     "/v1/.."s,
        "/./v1"s,         "//v1"s,    "/%2e%2e/v1"s, "/v1/%2e"s,    "/v1%2f..%2fadmin"s,
        "/%2f/v1"s,       "/%"s,      "/%2"s,        "/%zz"s,       "/%252e%252e/"s,
        "/%5c"s,          "/%23"s,    "/%3f"s,       "/%ed%a0%80"s, "/a?b=%00"s,
        "/a?b=%0d%0aX"s,  "/a?%"s}) {
    expect_shapes({{target(bad), "malformed_http"}});
  }
  for (const auto& good : {"/"s, "/v1/models/org%2Fname"s, "/v1/models/a.b..c"s, "/%e6%a8%a1"s,
                           "/a?b=%20c&d=/../e"s, "/a?"s, "/v1//models"s, "/a?b?c"s}) {
    expect_shapes({{target(good), "none"}});
  }
}

TEST(RequestHead, ConnectionOptionsDecideOnlyWhetherTheConnectionLives) {
  expect_shapes({
      {"Connection: close, Authorization", "none close"},  // 46
      {"Connection: X-Tollgate-Internal", "none"},
      {"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c", "none"},
      {"Connection: keep-alive\r\nConnection: Close", "none close"},
      {"!GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "none"},
      {"Connection:", "none"},
      {"Connection: , close,,", "none close"},
      {"Connection: close;x", "malformed_http"},
      {"Connection: keep-alive close", "malformed_http"},
      {"Connection: keep-alive, \"close\"", "malformed_http"},
      {"Connection: clos\xe5", "malformed_http"},
  });
}

TEST(RequestHead, NamesAreTokensAndValuesHoldNoControls) {
  expect_shapes({
      {": v", "malformed_http"},
      {"X(: v", "malformed_http"},
      {"X", "malformed_http"},
      {"X: \0"s, "malformed_http"},
      {"X: a\x1b[2J", "malformed_http"},
      {"X: caf\xc3\xa9\ttab", "none"},
      {std::string(8192, 'n') + ": v", "head_too_large"},
  });
}

TEST(RequestHead, OneEmptyLineBeforeItIsForgivenTwoAreNot) {
  expect_shapes({
      {"!\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", "none"},
      {"!\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", "malformed_http"},
      {"!\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", "malformed_http"},
  });
}

TEST(RequestHead, HundredFieldsPassAndOneMoreDoesNot) {
  std::string lines;
  for (int field = 2; field <= 100; ++field) lines += "X: y\r\n";
  EXPECT_EQ(parse_whole(kStart + lines + "\r\n").outcome, "none");
  EXPECT_EQ(parse_whole(kStart + lines + "X: y\r\n\r\n").outcome, "head_too_large");
}

TEST(RequestHead, EndsWithin64KiBWhetherItIsCompleteOrNot) {
  const auto of_size = [](std::size_t size) {
    const std::string before = kStart + "X: ";
    return before + std::string(size - before.size() - 4, 'y') + "\r\n\r\n";
  };
  EXPECT_EQ(parse_whole(of_size(kHeadBytesMax)).outcome, "none");
  EXPECT_EQ(parse_whole(of_size(kHeadBytesMax + 1)).outcome, "head_too_large");
  EXPECT_EQ(parse_whole(of_size(kHeadBytesMax * 2)).outcome, "head_too_large");
  EXPECT_EQ(parse_whole(of_size(kHeadBytesMax + 1).substr(0, kHeadBytesMax - 1)).outcome,
            "incomplete");
}

TEST(RequestHead, ViewsPointIntoTheBytesAndTheNextRequestIsLeftAlone) {
  const std::string first =
      "POST /v1/images?n=2 HTTP/1.1\r\nhost: h\r\nX-A:  b c \r\nx-a: d\r\n\r\n";
  const std::string bytes = first + kCanary;
  RequestHead head;
  EXPECT_EQ(parse_request_head(bytes, head), first.size());
  EXPECT_EQ(head.method, "POST");
  EXPECT_EQ(head.target, "/v1/images?n=2");
  EXPECT_EQ(head.path, "/v1/images");
  EXPECT_EQ(head.query, "n=2");
  EXPECT_EQ(head.fields.size(), 3u);
  EXPECT_EQ(head.fields.find("X-a"), "b c");
  EXPECT_EQ(head.fields.count("X-A"), 2u);
  EXPECT_EQ(head.fields.find("absent"), "");
  EXPECT_EQ(parse_request_head(std::string_view{bytes}.substr(first.size()), head), kCanary.size());
  EXPECT_EQ(head.path, "/__canary");
  EXPECT_EQ(head.framing, Framing::kNone);
}

std::string answer(std::string_view bytes, std::string_view method = "POST") {
  ResponseHead head;
  const auto consumed = parse_response_head(bytes, method, head);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ResponseHead partial;
    const auto early = parse_response_head(bytes.substr(0, size), method, partial);
    if (early ? *early != 0 : consumed.has_value()) return "differs when split";
  }
  if (!consumed) return name(consumed.error().code);
  if (*consumed != bytes.size()) return "incomplete";
  const char* const framings[] = {"none", "length", "chunked", "until_close"};
  return std::to_string(head.status) + " " + framings[static_cast<int>(head.framing)] +
         (head.framing == Framing::kLength ? " " + std::to_string(head.content_length) : "") +
         (head.keep_alive ? "" : " close");
}

TEST(ResponseHead, IsFramedByStatusMethodAndFields) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  EXPECT_EQ(answer(ok + "Content-Length: 5\r\n\r\n"), "200 length 5");
  EXPECT_EQ(answer(ok + "Transfer-Encoding: chunked\r\n\r\n"), "200 chunked");
  EXPECT_EQ(answer(ok + "\r\n"), "200 until_close close");
  EXPECT_EQ(answer(ok + "Connection: close\r\nContent-Length: 5\r\n\r\n"), "200 length 5 close");
  EXPECT_EQ(answer("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n"), "200 length 5 close");
  EXPECT_EQ(answer(ok + "Content-Length: 5\r\n\r\n", "HEAD"), "200 none");
  EXPECT_EQ(answer("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"), "304 none");
  EXPECT_EQ(answer("HTTP/1.1 204 \r\n\r\n"), "204 none");
  EXPECT_EQ(answer("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"), "204 none close");
  EXPECT_EQ(answer("HTTP/1.1 204\r\nContent-Length: 0\r\n\r\n"), "204 none");
  EXPECT_EQ(answer("HTTP/1.1 100 Continue\r\n\r\n"), "100 none");
  EXPECT_EQ(answer("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"), "103 none");
}

TEST(ResponseHead, AmbiguousOneIsAnUpstreamThatBreaksTheProtocol) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  for (const auto& bytes : {ok + "Content-Length: 5\r\nContent-Length: 5\r\n\r\n",
                            ok + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
                            ok + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n",
                            ok + "Content-Length: x\r\n\r\n",
                            ok + "Transfer-Encoding: gzip, chunked\r\n\r\n",
                            ok + "X: a\r\n b\r\n\r\n",
                            ok + "Connection: close;x\r\n\r\n",
                            ok + "X : a\r\n\r\n",
                            ok + "X: a\nY: b\r\n\r\n",
                            "HTTP/1.1 200 O\rK\r\n\r\n"s,
                            "HTTP/1.1 200 OK\n\n"s,
                            "HTTP/1.1 2000 OK\r\n\r\n"s,
                            "HTTP/1.1 099 OK\r\n\r\n"s,
                            "HTTP/1.1 600 OK\r\n\r\n"s,
                            "HTTP/1.1  200 OK\r\n\r\n"s,
                            "HTTP/2.0 200 OK\r\n\r\n"s,
                            "HTTP/1.1 101 Switching Protocols\r\n\r\n"s,
                            "<html>HTTP/0.9</html>"s,
                            "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"s,
                            "\r\nHTTP/1.1 200 OK\r\n\r\n"s}) {
    EXPECT_EQ(answer(bytes), "upstream_protocol") << bytes;
  }
}

}  // namespace
}  // namespace tg::http
