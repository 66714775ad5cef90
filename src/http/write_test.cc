// SPDX-License-Identifier: Apache-2.0
#include "http/write.h"

#include <gtest/gtest.h>

#include <chrono>
#include <ctime>
#include <iomanip>
#include <sstream>
#include <vector>

#include "http/body.h"
#include "http/head.h"
#include "http/scan.h"

namespace tg::http {
namespace {

using namespace std::string_literals;

// What stands there but the Date, whose value changes.
std::string without_date(std::string text) {
  const auto at = text.find("Date: ");
  if (at == std::string::npos) return "no Date in " + text;
  text.erase(at, text.find("\r\n", at) + 2 - at);
  return text;
}

TEST(Serialize, WritesAWholeAnswer) {
  const Response response{201, {{"Content-Type", "text/plain"}, {"X-A", ""}}, "hello"};
  EXPECT_EQ(without_date(serialize(response, true)),
            "HTTP/1.1 201 Created\r\nContent-Type: text/plain\r\nX-A: \r\n"
            "Content-Length: 5\r\n\r\nhello");
  EXPECT_EQ(without_date(serialize(response, false)),
            "HTTP/1.1 201 Created\r\nContent-Type: text/plain\r\nX-A: \r\n"
            "Content-Length: 5\r\nConnection: close\r\n\r\nhello");
}

TEST(Serialize, AnswersHeadWithTheLengthOfTheBodyAndWithoutTheBody) {
  EXPECT_EQ(without_date(serialize({200, {}, "hello"}, true, true)),
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
}

TEST(Serialize, FramingIsOursAlone) {
  const Response response{200,
                          {{"content-length", "999"},
                           {"Transfer-Encoding", "chunked"},
                           {"CONNECTION", "upgrade"},
                           {"date", "yesterday"},
                           {"Keep-Alive", "timeout=5"},
                           {"X-A", "b"}},
                          "x"};
  EXPECT_EQ(without_date(serialize(response, true)),
            "HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 1\r\n\r\nx");
}

TEST(Serialize, StatusThatHasNoBodyAnnouncesNone) {
  for (const int status : {204, 304}) {
    const std::string text = serialize({status, {}, "ignored"}, true);
    EXPECT_EQ(text.find("Content-Length"), std::string::npos) << status;
    EXPECT_TRUE(text.ends_with("\r\n\r\n")) << status;
  }
  EXPECT_EQ(without_date(serialize({200, {}, ""}, true)),
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
}

TEST(Serialize, IsReadBackByOurOwnParser) {
  const std::string text = serialize({404, {{"X-A", "b"}}, "{}"}, false);
  ResponseHead head;
  const auto consumed = parse_response_head(text, "GET", head);
  ASSERT_TRUE(consumed);
  EXPECT_EQ(head.status, 404);
  EXPECT_EQ(head.reason, "Not Found");
  EXPECT_EQ(head.content_length, 2u);
  EXPECT_FALSE(head.keep_alive);
  EXPECT_EQ(head.fields.find("x-a"), "b");
  EXPECT_EQ(text.substr(*consumed), "{}");
}

TEST(AppendStatusLine, StatusWithoutAReasonKeepsItsSpace) {
  std::string out;
  append_status_line(out, 599);
  EXPECT_EQ(out, "HTTP/1.1 599 \r\n");
  EXPECT_EQ(reason_phrase(599), "");
  EXPECT_EQ(reason_phrase(429), "Too Many Requests");
}

TEST(AppendDate, IsTheTimeOfNow) {
  namespace chrono = std::chrono;
  const auto before = chrono::floor<chrono::seconds>(chrono::system_clock::now());
  std::string out;
  append_date(out);
  const auto after = chrono::floor<chrono::seconds>(chrono::system_clock::now());

  ASSERT_TRUE(out.starts_with("Date: ") && out.ends_with(" GMT\r\n")) << out;
  std::tm time{};
  std::istringstream stream{out.substr(6)};
  stream.imbue(std::locale::classic());
  stream >> std::get_time(&time, "%a, %d %b %Y %H:%M:%S");
  ASSERT_FALSE(stream.fail()) << out;
  const chrono::sys_seconds said{chrono::seconds{timegm(&time)}};
  EXPECT_GE(said, before);
  EXPECT_LE(said, after);
}

TEST(IsHopByHop, FieldsOfOneConnectionInAnyCase) {
  for (const std::string_view name :
       {"Connection", "keep-alive", "PROXY-CONNECTION", "Proxy-Authenticate", "Proxy-Authorization",
        "TE", "Trailer", "Transfer-Encoding", "Upgrade"}) {
    EXPECT_TRUE(is_hop_by_hop(name)) << name;
  }
  for (const std::string_view name :
       {"", "Content-Length", "Authorization", "Trailers", "T", "Connection ", "Host"}) {
    EXPECT_FALSE(is_hop_by_hop(name)) << name;
  }
}

TEST(IsToken, KnowsEveryByte) {
  const std::string_view others = "!#$%&'*+-.^_`|~";
  for (int byte = 0; byte < 256; ++byte) {
    const auto c = static_cast<char>(byte);
    const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      others.find(c) != std::string_view::npos;
    // Also in the middle of a text that is long enough to be read in blocks.
    std::string text(40, 'a');
    text[21] = c;
    EXPECT_EQ(is_token({&c, 1}), good) << byte;
    EXPECT_EQ(is_token(text), good) << byte;
  }
  EXPECT_FALSE(is_token(""));
}

TEST(IsFieldValue, OnlyControlCharactersAreRefusedWhereverTheyStand) {
  EXPECT_TRUE(is_field_value(""));
  for (int byte = 0; byte < 256; ++byte) {
    const bool good = (byte >= 0x20 && byte != 0x7f) || byte == '\t';
    for (std::size_t at = 0; at < 40; ++at) {
      std::string text(40, 'a');
      text[at] = static_cast<char>(byte);
      EXPECT_EQ(is_field_value(text), good) << byte << " at " << at;
    }
  }
}

TEST(EqualsIgnoreCase, FoldsLettersOnly) {
  EXPECT_TRUE(equals_ignore_case("", ""));
  EXPECT_TRUE(equals_ignore_case("aBz-9", "AbZ-9"));
  EXPECT_FALSE(equals_ignore_case("a", "ab"));
  EXPECT_FALSE(equals_ignore_case("@[`{", "`{@["));
  EXPECT_FALSE(equals_ignore_case("-", "\r"));
  EXPECT_FALSE(equals_ignore_case("k", "\xe2\x84\xaa"));
}

// Blocks of 16 and the bytes left over must agree, whatever the text's length and place.
TEST(Scan, FindsTheFirstByteThatEndsTheRunAtEveryPlace) {
  for (std::size_t size = 0; size < 50; ++size) {
    const std::vector<char> plain(size, 'x');  // on the heap, so that a read past it is seen
    const char* const begin = plain.data();
    EXPECT_EQ(find_line_end(begin, begin + size), begin + size);
    EXPECT_EQ(find_control(begin, begin + size), begin + size);
    EXPECT_EQ(find_token_end(begin, begin + size), begin + size);
    for (std::size_t at = 0; at < size; ++at) {
      std::vector<char> text = plain;
      text[at] = at % 2 == 0 ? '\r' : '\n';
      const char* const first = text.data();
      EXPECT_EQ(find_line_end(first, first + size), first + at);
      EXPECT_EQ(find_control(first, first + size), first + at);
      text[at] = at % 2 == 0 ? ':' : '\x80';
      EXPECT_EQ(find_token_end(first, first + size), first + at);
      EXPECT_EQ(find_control(first, first + size), first + size);
    }
  }
}

TEST(AppendFieldDeathTest, FieldThatWouldSplitTheMessageEndsTheProcess) {
  std::string out;
  EXPECT_DEATH(append_field(out, "X-A", "b\r\nX-C: d"), "is_field_value");
  EXPECT_DEATH(append_field(out, "X-A", "b\0c"s), "is_field_value");
  EXPECT_DEATH(append_field(out, "X A", "b"), "is_token");
  EXPECT_DEATH(append_field(out, "", "b"), "is_token");
}

}  // namespace
}  // namespace tg::http
