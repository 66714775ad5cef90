// SPDX-License-Identifier: Apache-2.0
#include "http/url.h"

#include <gtest/gtest.h>

#include <string>

#include "base/result.h"

namespace tg::http {
namespace {

using namespace std::string_literals;

TEST(PercentDecode, DecodesEscapesAndNothingElse) {
  EXPECT_EQ(percent_decode(""), "");
  EXPECT_EQ(percent_decode("a+b%20c%2Fd%2fe"), "a+b c/d/e");
  EXPECT_EQ(percent_decode("%00%fF"), "\0\xff"s);
  EXPECT_EQ(percent_decode("%2541"), "%41") << "once, and not twice";
}

TEST(PercentDecode, BrokenEscapesAreRefused) {
  for (const std::string_view text : {"%", "%4", "a%", "a%4", "%g0", "%0g", "%%41", "% 1", "%-1"}) {
    EXPECT_EQ(percent_decode(text), std::nullopt) << text;
  }
}

TEST(PercentEncode, LeavesOnlyUnreservedCharacters) {
  EXPECT_EQ(percent_encode("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(percent_encode("a/b c+%?&=\xc3\xa9"), "a%2Fb%20c%2B%25%3F%26%3D%C3%A9");
  EXPECT_EQ(percent_encode("\0"s), "%00");
}

TEST(PercentEncode, IsUndoneByDecoding) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all.push_back(static_cast<char>(byte));
  EXPECT_EQ(percent_decode(percent_encode(all)), all);
}

// "path|query", or "refused".
std::string target(std::string_view text) {
  std::string_view path;
  std::string_view query;
  const auto split = split_target(text, path, query);
  if (split) return std::string{path} + "|" + std::string{query};
  EXPECT_EQ(split.error().code, Code::kMalformedHttp);
  return "refused";
}

TEST(SplitTarget, SplitsAtTheFirstQuestionMarkAndDecodesNothing) {
  EXPECT_EQ(target("/"), "/|");
  EXPECT_EQ(target("/v1/models/a%2Fb"), "/v1/models/a%2Fb|");
  EXPECT_EQ(target("/v1/a?b=c%20d?e"), "/v1/a|b=c%20d?e");
  EXPECT_EQ(target("/v1/a?"), "/v1/a|");
  EXPECT_EQ(target("/a//b/.c/..d/e../..."), "/a//b/.c/..d/e../...|");
  EXPECT_EQ(target("/%C3%A9/%F0%9F%98%80"), "/%C3%A9/%F0%9F%98%80|");
  EXPECT_EQ(target("/a?../%2e%2e//%25%23"), "/a|../%2e%2e//%25%23");
}

TEST(SplitTarget, OtherFormsAreRefused) {
  for (const std::string_view text : {"", "*", "?a", "a/b", "http://h/a", "h:443", "//h/a", "/%2Fh",
                                      "%2Fa", "/\\h", "/a#b", "/a?b#c"}) {
    EXPECT_EQ(target(text), "refused") << text;
  }
}

TEST(SplitTarget, BytesThatAreNotVisibleAsciiAreRefused) {
  for (int byte = 0; byte < 256; ++byte) {
    const bool good = byte > 0x20 && byte < 0x7f && byte != '\\' && byte != '#';
    const std::string path = "/a"s + static_cast<char>(byte) + "41";
    EXPECT_EQ(target(path) != "refused", good) << byte;
    EXPECT_EQ(target("/?a"s + static_cast<char>(byte) + "41") != "refused", good) << byte;
  }
}

TEST(SplitTarget, WhatRoutingWouldReadAsAnotherPathIsRefused) {
  for (const std::string_view text :
       {"/.",          "/..",     "/a/.",        "/a/..",     "/a/../b", "/./a",    "/a/%2e",
        "/a/%2E%2e/b", "/a/.%2e", "/a%2F..%2Fb", "/a/..%2Fb", "/%00",    "/%0d%0a", "/%1f",
        "/%09",        "/%7f",    "/%5c",        "/%23",      "/%3F",    "/%25",    "/%252e",
        "/%",          "/%4",     "/%g0",        "/%2"}) {
    EXPECT_EQ(target(text), "refused") << text;
  }
}

TEST(SplitTarget, EscapesThatAreNotUtf8AreRefused) {
  for (const std::string_view text :
       {"/%80", "/%C3", "/%C3%28", "/%C0%AF", "/%C1%81", "/%E0%80%AF", "/%ED%A0%80",
        "/%F0%80%80%AF", "/%F4%90%80%80", "/%F5%80%80%80", "/%FF", "/%E2%82", "/%F0%9F%98"}) {
    EXPECT_EQ(target(text), "refused") << text;
  }
  for (const std::string_view text : {"/%C2%80", "/%DF%BF", "/%E0%A0%80", "/%ED%9F%BF",
                                      "/%EE%80%80", "/%F0%90%80%80", "/%F4%8F%BF%BF"}) {
    EXPECT_NE(target(text), "refused") << text;
  }
}

TEST(SplitTarget, QueryEscapesThatWouldEndALineAreRefused) {
  for (const std::string_view text : {"/?%", "/?a%4", "/?%zz", "/?%00", "/?a%0d", "/?%0Ab"}) {
    EXPECT_EQ(target(text), "refused") << text;
  }
}

std::string query(std::string_view text) {
  std::string joined;
  for (const auto& [name, value] : parse_query(text)) joined += "[" + name + "=" + value + "]";
  return joined;
}

TEST(ParseQuery, PairsAreDecodedAndKeepTheirOrder) {
  EXPECT_EQ(query(""), "");
  EXPECT_EQ(query("b=1&a=2&b=3"), "[b=1][a=2][b=3]");
  EXPECT_EQ(query("a+b=c+d%2B&%26=%3D"), "[a b=c d+][&==]");
  EXPECT_EQ(query("a&b=&=c&d=e=f"), "[a=][b=][=c][d=e=f]");
  EXPECT_EQ(query("&&a=1&&"), "[a=1]");
  EXPECT_EQ(query("a%5B%5D=1;b=2"), "[a[]=1;b=2]");
}

TEST(ParseQuery, PairThatCannotBeDecodedIsLeftOut) {
  EXPECT_EQ(query("a=%zz&b=1&%=2&c=%"), "[b=1]");
}

TEST(ParseQuery, StopsAfterTheLimit) {
  std::string text;
  for (std::size_t count = 0; count < kParametersMax + 10; ++count) text += "a=b&";
  EXPECT_EQ(parse_query(text).size(), kParametersMax);
}

TEST(IsHostAndPort, NamesAndAddressesAreAccepted) {
  for (const std::string_view text :
       {"h", "api.example.com", "API.Example.com:443", "a_b-c", "h.", "127.0.0.1", "127.0.0.1:1",
        "[::1]", "[::1]:65535", "[fe80::1:2]", "[::ffff:1.2.3.4]:80"}) {
    EXPECT_TRUE(is_host_and_port(text)) << text;
  }
  EXPECT_TRUE(is_host_and_port(std::string(253, 'a')));
}

TEST(IsHostAndPort, AnythingElseIsRefused) {
  for (const std::string_view text :
       {"",     ":80",        "h:",      "h:0", "h:65536", "h:123456", "h:+80",
        "h:-1", "h:8a",       "h:80:80", "h h", " h",      "h ",       "h/",
        "h?",   "h#",         "u@h",     "h,h", "h%41",    "h\\",      ".h",
        "a..b", "[]",         "[::1",    "::1", "[::1]x",  "[::1]:",   "[:]",
        "[h]",  "[::1%eth0]", "[[::1]]", "h\t", "\xc3\xa9"}) {
    EXPECT_FALSE(is_host_and_port(text)) << text;
  }
  EXPECT_FALSE(is_host_and_port(std::string(254, 'a')));
  EXPECT_FALSE(is_host_and_port("h\0"s));
}

TEST(ParseUrl, PartsOfABaseUrlAreRead) {
  EXPECT_EQ(parse_url("https://API.example.com/v1"), (Url{true, "api.example.com", 443, "/v1"}));
  EXPECT_EQ(parse_url("http://127.0.0.1:8080"), (Url{false, "127.0.0.1", 8080, ""}));
  EXPECT_EQ(parse_url("http://h"), (Url{false, "h", 80, ""}));
  EXPECT_EQ(parse_url("https://h:8443/"), (Url{true, "h", 8443, ""}));
  EXPECT_EQ(parse_url("https://[::1]:1/A/b%20c//"), (Url{true, "::1", 1, "/A/b%20c"}));
}

TEST(ParseUrl, WhatIsNoBaseUrlIsRefused) {
  for (const std::string_view text : {"",
                                      "h",
                                      "h:80",
                                      "//h",
                                      "ftp://h",
                                      "HTTPS://h",
                                      "https:/h",
                                      "https://",
                                      "https:///v1",
                                      "https://u@h",
                                      "https://u:p@h",
                                      "https://h?a",
                                      "https://h/v1?a=b",
                                      "https://h/v1#a",
                                      "https://h:0",
                                      "https://h:x",
                                      "https://h:65536",
                                      "https://h/..",
                                      "https://h/a/%2e%2e/b",
                                      "https://h//a",
                                      "https://h/a b",
                                      "https://h\\a",
                                      "https://h/\\a",
                                      "https://h/%0d%0a",
                                      " https://h",
                                      "https://h ",
                                      "https://h/\r\nX: y",
                                      "https://h\r\n",
                                      "https://::1",
                                      "https://h/v1/%zz"}) {
    const auto url = parse_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().code, Code::kFieldInvalid) << text;
  }
}

}  // namespace
}  // namespace tg::http
