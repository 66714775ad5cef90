// SPDX-License-Identifier: Apache-2.0
#include "http/body.h"

#include <gtest/gtest.h>

#include <vector>

namespace tg::http {
namespace {

using namespace std::string_literals;

constexpr std::string_view kCanary = "GET /__canary HTTP/1.1\r\nHost: h\r\n\r\n";

struct Reading {
  std::string data;
  std::string outcome = "more";  // done, more, or an error's name
  std::size_t consumed = 0;

  friend bool operator==(const Reading& left, const Reading& right) {
    // What had been handed out before a refusal depends on how the bytes came.
    const bool failed = left.outcome != "done" && left.outcome != "more";
    return left.outcome == right.outcome &&
           (failed || (left.data == right.data && left.consumed == right.consumed));
  }
};

void read_piece(BodyDecoder& decoder, std::string_view piece, Reading& reading) {
  const std::vector<char> copy(piece.begin(), piece.end());
  std::string_view input{copy.data(), copy.size()};
  for (;;) {
    const auto step = decoder.next(input);
    if (!step) {
      reading.outcome = name(step.error().code);
      return;
    }
    reading.data += step->data;
    reading.consumed += step->consumed;
    input.remove_prefix(step->consumed);
    if (step->done) reading.outcome = "done";
    if (step->done || (step->consumed == 0 && step->data.empty())) return;
  }
}

Reading read(std::string_view bytes, std::size_t first, std::size_t step,
             Framing framing = Framing::kChunked, std::uint64_t length = 0) {
  BodyDecoder decoder{framing, length};
  Reading reading;
  for (std::size_t at = 0; at < bytes.size() && reading.outcome == "more";) {
    const auto size = at == 0 && first > 0 ? first : step;
    read_piece(decoder, bytes.substr(at, size), reading);
    at += size;
  }
  return reading;
}

Reading read_in_every_way(std::string_view bytes) {
  const Reading whole = read(bytes, 0, bytes.size());
  EXPECT_TRUE(read(bytes, 0, 1) == whole) << "byte by byte";
  for (std::size_t split = 1; split < bytes.size(); ++split) {
    EXPECT_TRUE(read(bytes, split, bytes.size()) == whole) << "split at " << split;
  }
  return whole;
}

void expect_refused(const std::vector<std::string>& bodies) {
  for (const auto& body : bodies) {
    SCOPED_TRACE(testing::PrintToString(body));
    EXPECT_EQ(read_in_every_way(body + std::string{kCanary}).outcome, "malformed_http");
  }
}

void expect_hello(const std::vector<std::string>& bodies) {
  for (const auto& body : bodies) {
    SCOPED_TRACE(testing::PrintToString(body));
    const auto reading = read_in_every_way(body + std::string{kCanary});
    EXPECT_EQ(reading.outcome, "done");
    EXPECT_EQ(reading.data, "hello");
    EXPECT_EQ(reading.consumed, body.size()) << "the canary is the next request";
  }
}

// The numbers are those of the project's list of 46 byte shapes.
TEST(ChunkedBody, SizeIsPlainHexadecimalOfBoundedLength) {
  expect_refused({"0x5\r\nhello\r\n0\r\n\r\n", "5_\r\nhello\r\n0\r\n\r\n",  // 32
                  "+5\r\nhello\r\n0\r\n\r\n", "-1\r\nhello\r\n0\r\n\r\n",
                  " 5\r\nhello\r\n0\r\n\r\n", "5 \r\nhello\r\n0\r\n\r\n", "\r\nhello\r\n0\r\n\r\n",
                  "G\r\nhello\r\n0\r\n\r\n", "FFFFFFFFFFFFFFFF1\r\nhello",
                  "FFFFFFFFFFFFFFFF\r\nhello",  // 33
                  "8000000000000000\r\nhello", "00000000000000000005\r\nhello\r\n0\r\n\r\n"});
  expect_hello({"5\r\nhello\r\n0\r\n\r\n", "0000000000000005\r\nhello\r\n0\r\n\r\n",
                "1\r\nh\r\n04\r\nello\r\n000\r\n\r\n"});
  EXPECT_EQ(read("7FFFFFFFFFFFFFFF\r\nhello", 0, 1).outcome, "more");
}

TEST(ChunkedBody, DataIsExactlyAsLongAsAnnounced) {
  expect_refused({"5\r\nhelloXX\r\n0\r\n\r\n", "5\r\nhell\r\n0\r\n\r\n",  // 34
                  "5\r\nhello0\r\n\r\n"});                                // 35
}

TEST(ChunkedBody, LinesEndInCarriageReturnAndLineFeedOnly) {
  expect_refused({"5\nhello\r\n0\r\n\r\n", "5\r\nhello\n0\r\n\r\n", "5\r\nhello\r\n0\n\r\n",  // 36
                  "5\r\nhello\r\n0\r\n\n", "5\r\nhello\r\n0\r\nX: y\n\r\n"});
}

TEST(ChunkedBody, ExtensionsAreCheckedAndDropped) {
  expect_refused({"5;\r\nhello\r\n0\r\n\r\n", "5;a=\0\r\nhello\r\n0\r\n\r\n"s,  // 37
                  "5;a\rb\r\nhello\r\n0\r\n\r\n", "5;a\nb\r\nhello\r\n0\r\n\r\n",
                  "2\r\r;a\r\nhe\r\n0\r\n\r\n", "5;a=\r\nhello\r\n0\r\n\r\n",
                  "5 ;a\r\nhello\r\n0\r\n\r\n", "5;a=\"b\r\nhello\r\n0\r\n\r\n",
                  "5;a=\"b\"c\r\nhello\r\n0\r\n\r\n", "0;\r\n\r\n"});
  expect_hello({"5;name=val;q=\"x;y\"\r\nhello\r\n0\r\n\r\n",  // 38
                "5;a\r\nhello\r\n0;b=c\r\n\r\n", "5;q=\"\\\"\"\r\nhello\r\n0\r\n\r\n"});
}

TEST(ChunkedBody, FloodOfExtensionsIsRefusedHoweverItIsSpread) {
  const auto in_one = "5;" + std::string(65536, 'a') + "\r\nhello\r\n0\r\n\r\n";
  EXPECT_EQ(read(in_one, 0, in_one.size()).outcome, "malformed_http");
  std::string spread;
  for (int chunk = 0; chunk < 1024; ++chunk) spread += "1;" + std::string(63, 'a') + "\r\nx\r\n";
  EXPECT_EQ(read(spread, 0, 4096).outcome, "malformed_http");
}

TEST(ChunkedBody, TrailersAreCheckedAndDropped) {
  expect_hello({"5\r\nhello\r\n0\r\nContent-Length: 9\r\nTransfer-Encoding: x\r\n\r\n",  // 39
                "5\r\nhello\r\n0\r\nHost: evil\r\nAuthorization: Bearer x\r\n\r\n"});
  expect_refused({"5\r\nhello\r\n0\r\nX y\r\n\r\n", "5\r\nhello\r\n0\r\n X: y\r\n\r\n",
                  "5\r\nhello\r\n0\r\n: y\r\n\r\n", "5\r\nhello\r\n0\r\nX: a\r\n b\r\n\r\n",
                  "5\r\nhello\r\n0\r\nX: \0\r\n\r\n"s, "5\r\nhello\r\n0\r\nX\r\n\r\n"});
  const auto flood = "0\r\nX: " + std::string(65536, 'a') + "\r\n\r\n";
  EXPECT_EQ(read(flood, 0, 100).outcome, "malformed_http");
}

TEST(ChunkedBody, ErrorIsTheOneAskedForAndLasts) {
  BodyDecoder decoder{Framing::kChunked, 0, Code::kUpstreamProtocol};
  EXPECT_EQ(decoder.next("x").error().code, Code::kUpstreamProtocol);
  EXPECT_FALSE(decoder.next("0\r\n\r\n"));
  EXPECT_FALSE(decoder.end_of_input());
}

TEST(ChunkedBody, WhatWeWriteWeRead) {
  std::string out;
  append_chunk(out, "");
  append_chunk(out, "hel");
  append_chunk(out, "lo");
  out += kLastChunk;
  EXPECT_EQ(out, "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n");
  expect_hello({out});
}

TEST(Body, OfKnownLengthLeavesTheNextRequestAlone) {
  const auto bytes = "hello" + std::string{kCanary};
  for (std::size_t step = 1; step <= bytes.size(); ++step) {
    const auto reading = read(bytes, 0, step, Framing::kLength, 5);
    EXPECT_EQ(reading.outcome, "done");
    EXPECT_EQ(reading.data, "hello");
    EXPECT_EQ(reading.consumed, 5u);
  }
}

TEST(Body, ThatIsEmptyIsDoneBeforeAnyByte) {
  EXPECT_TRUE(BodyDecoder(Framing::kNone, 0).next("x")->done);
  EXPECT_EQ(BodyDecoder(Framing::kLength, 0).next("x")->consumed, 0u);
  EXPECT_TRUE((BodyDecoder{Framing::kLength, 0}.done()));
}

TEST(Body, IsTruncatedWhenTheConnectionEndsFirstUnlessTheCloseIsItsEnd) {
  BodyDecoder counted{Framing::kLength, 5};
  ASSERT_TRUE(counted.next("hell"));
  EXPECT_EQ(counted.end_of_input().error().code, Code::kUpstreamTruncated);

  BodyDecoder chunked{Framing::kChunked, 0};
  ASSERT_TRUE(chunked.next("5\r\nhello\r\n0\r\n"));
  EXPECT_EQ(chunked.end_of_input().error().code, Code::kUpstreamTruncated);

  BodyDecoder until_close{Framing::kUntilClose, 0};
  EXPECT_EQ(until_close.next("hello")->data, "hello");
  EXPECT_FALSE(until_close.done());
  EXPECT_TRUE(until_close.end_of_input());
  EXPECT_TRUE(until_close.done());
}

}  // namespace
}  // namespace tg::http
