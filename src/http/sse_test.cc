// SPDX-License-Identifier: Apache-2.0
#include "http/sse.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

namespace tg::http {
namespace {

using namespace std::string_literals;

struct Seen {
  std::string event;
  std::string data;
  friend bool operator==(const Seen&, const Seen&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Seen& seen) {
    return out << "{" << seen.event << "|" << seen.data << "}";
  }
};

using Stream = std::vector<Seen>;

struct Splitting {
  Stream events;
  std::string raw;  // of all events
  std::string rest;
};

Splitting split_pieces(const std::vector<std::string_view>& pieces) {
  SseSplitter splitter;
  Splitting result;
  for (const std::string_view piece : pieces) {
    // A copy that is gone before the next piece comes: a view that is kept too long is caught.
    const std::vector<char> copy(piece.begin(), piece.end());
    EXPECT_TRUE(splitter.feed({copy.data(), copy.size()}));
    for (SseEvent event; splitter.next(event);) {
      result.events.push_back({std::string{event.event}, std::string{event.data}});
      result.raw += event.raw;
    }
  }
  result.rest = splitter.rest();
  return result;
}

// In one piece, byte by byte, and cut in two and in three at every place.
Stream split_in_every_way(std::string_view stream) {
  const Splitting whole = split_pieces({stream});
  EXPECT_EQ(whole.raw + whole.rest, stream);
  const auto check = [&](const std::vector<std::string_view>& pieces, std::string_view how) {
    const Splitting cut = split_pieces(pieces);
    EXPECT_EQ(cut.events, whole.events) << how;
    EXPECT_EQ(cut.raw + cut.rest, stream) << how;
  };
  std::vector<std::string_view> bytes;
  for (std::size_t at = 0; at < stream.size(); ++at) bytes.push_back(stream.substr(at, 1));
  check(bytes, "byte by byte");
  for (std::size_t first = 0; first <= stream.size(); ++first) {
    for (std::size_t second = first; second <= stream.size(); ++second) {
      check({stream.substr(0, first), stream.substr(first, second - first), stream.substr(second)},
            "cut at " + std::to_string(first) + " and " + std::to_string(second));
    }
  }
  return whole.events;
}

std::string with_line_ends(std::string stream, std::string_view line_end) {
  for (std::size_t at = 0; (at = stream.find('\n', at)) != std::string::npos;) {
    stream.replace(at, 1, line_end);
    at += line_end.size();
  }
  return stream;
}

TEST(SseSplitter, EventsAreTheSameWhateverTheLineEndsAndHoweverTheStreamIsCut) {
  const std::string stream =
      "event: delta\ndata: {\"a\":1}\n\n: ping\n\nid: 7\ndata: b\ndata: c\n\n\ndata: [DONE]\n\n";
  const Stream expected = {
      {"delta", "{\"a\":1}"}, {"", ""}, {"", "b\nc"}, {"", ""}, {"", "[DONE]"}};
  for (const std::string_view line_end : {"\n", "\r\n", "\r"}) {
    EXPECT_EQ(split_in_every_way(with_line_ends(stream, line_end)), expected);
  }
}

TEST(SseSplitter, LineEndsMayBeMixedWithinOneStream) {
  EXPECT_EQ(split_in_every_way("data: a\r\n\ndata: b\n\r\ndata: c\r\rdata: d\n\r"),
            (Stream{{"", "a"}, {"", "b"}, {"", "c"}, {"", "d"}}));
  // CR, CR LF: two line ends. LF, CR LF, and so on.
  EXPECT_EQ(split_in_every_way("data: a\r\r\ndata: b\n\r\n\n"),
            (Stream{{"", "a"}, {"", "b"}, {"", ""}}));
}

TEST(SseSplitter, LinesOfDataAreJoinedByLineFeeds) {
  EXPECT_EQ(split_in_every_way("data: a\ndata: b\ndata: c\n\n"), (Stream{{"", "a\nb\nc"}}));
  EXPECT_EQ(split_in_every_way("data\ndata\n\n"), (Stream{{"", "\n"}}));
  EXPECT_EQ(split_in_every_way("data:\ndata: a\n\n"), (Stream{{"", "\na"}}));
  EXPECT_EQ(split_in_every_way("data: a\n: comment\nid: 1\ndata: b\n\n"), (Stream{{"", "a\nb"}}));
}

TEST(SseSplitter, OneSpaceAfterTheColonIsDropped) {
  EXPECT_EQ(split_in_every_way("data:a\n\ndata: a\n\ndata:  a \n\ndata:\ta:b\n\n"),
            (Stream{{"", "a"}, {"", "a"}, {"", " a "}, {"", "\ta:b"}}));
}

TEST(SseSplitter, UnknownFieldsAndNearMissesSayNothing) {
  EXPECT_EQ(split_in_every_way("id: 1\nretry: 5\n\nDATA: a\n\n data: a\n\ndatas: a\n\ndat: a\n\n"),
            (Stream{{"", ""}, {"", ""}, {"", ""}, {"", ""}, {"", ""}}));
}

TEST(SseSplitter, LastEventNameCountsAndDoesNotOutliveItsEvent) {
  EXPECT_EQ(split_in_every_way("event: a\nevent: b\ndata: x\n\ndata: y\n\nevent\n\n"),
            (Stream{{"b", "x"}, {"", "y"}, {"", ""}}));
}

TEST(SseSplitter, ByteOrderMarkIsSkippedAtTheStreamsStartOnly) {
  EXPECT_EQ(split_in_every_way("\xef\xbb\xbf"
                               "data: a\n\n\xef\xbb\xbf"
                               "data: b\n\n"),
            (Stream{{"", "a"}, {"", ""}}));
}

TEST(SseSplitter, BytesThatAreNotTextPassUnchanged) {
  EXPECT_EQ(split_in_every_way("data: \0\xff\xc3(\n\n"s), (Stream{{"", "\0\xff\xc3("s}}));
}

TEST(SseSplitter, UnfinishedEventStaysInTheRest) {
  const Splitting cut = split_pieces({"data: a\n\nda", "ta: b\n"});
  EXPECT_EQ(cut.events, (Stream{{"", "a"}}));
  EXPECT_EQ(cut.rest, "data: b\n");
  EXPECT_EQ(split_pieces({}).rest, "");
  EXPECT_EQ(split_pieces({"", "data: a\n", "", "\n", ""}).events, (Stream{{"", "a"}}));
}

TEST(SseSplitter, LineFeedOfACutLineEndStandsInTheNextEvent) {
  SseSplitter splitter;
  SseEvent event;
  ASSERT_TRUE(splitter.feed("data: a\r\n\r"));
  ASSERT_TRUE(splitter.next(event));
  EXPECT_EQ(event.raw, "data: a\r\n\r");
  EXPECT_FALSE(splitter.next(event));
  ASSERT_TRUE(splitter.feed("\ndata: b\r\n\r\n"));
  ASSERT_TRUE(splitter.next(event));
  EXPECT_EQ(event.raw, "\ndata: b\r\n\r\n");
  EXPECT_EQ(event.data, "b");
}

TEST(SseSplitter, EventThatLiesWholeInTheBytesIsNotCopied) {
  const std::string bytes = "event: e\ndata: a\n\ndata: b\n\n";
  SseSplitter splitter;
  ASSERT_TRUE(splitter.feed(bytes));
  SseEvent first;
  SseEvent second;
  ASSERT_TRUE(splitter.next(first));
  ASSERT_TRUE(splitter.next(second));
  // The first one's views still hold: they point into `bytes`.
  EXPECT_EQ(first.raw.data(), bytes.data());
  EXPECT_EQ(first.event.data(), bytes.data() + 7);
  EXPECT_EQ(first.data.data(), bytes.data() + 15);
  EXPECT_EQ(second.raw.data(), bytes.data() + first.raw.size());
  EXPECT_EQ(second.data, "b");
}

TEST(SseSplitter, CutEventHoldsUntilTheNextCall) {
  SseSplitter splitter;
  SseEvent event;
  for (int round = 0; round < 3; ++round) {
    const std::string tail = std::to_string(round) + "\ndata: z\n\ndata:";
    ASSERT_TRUE(splitter.feed(round == 0 ? "data: x" : " x"));
    ASSERT_FALSE(splitter.next(event));
    ASSERT_TRUE(splitter.feed(tail));
    ASSERT_TRUE(splitter.next(event));
    EXPECT_EQ(event.data, "x" + std::to_string(round) + "\nz");
    ASSERT_FALSE(splitter.next(event));
  }
}

TEST(SseSplitter, EventThatDoesNotEndWithinTheLimitIsRefused) {
  SseSplitter splitter{16};
  SseEvent event;
  const auto feed = [&](std::string_view bytes) {
    const auto fed = splitter.feed(bytes);
    while (fed && splitter.next(event)) {
    }
    return fed;
  };
  EXPECT_TRUE(feed("data: 0123456789"));
  EXPECT_TRUE(feed("\n\n"));
  EXPECT_TRUE(feed("data: 0123456789"));
  EXPECT_TRUE(feed("x"));
  const auto refused = feed("\n\n");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kUpstreamProtocol);
}

TEST(SseSplitter, LimitIsForOneEventAndNotForTheStream) {
  SseSplitter splitter{16};
  SseEvent event;
  std::size_t events = 0;
  for (int round = 0; round < 100; ++round) {
    ASSERT_TRUE(splitter.feed("data: a\n\ndat"));
    while (splitter.next(event)) ++events;
    ASSERT_TRUE(splitter.feed("a: b\n\n"));
    while (splitter.next(event)) ++events;
  }
  EXPECT_EQ(events, 200u);
}

}  // namespace
}  // namespace tg::http
