// SPDX-License-Identifier: Apache-2.0
// However a stream is cut into pieces, its events are the same; and their raw bytes, one after
// another, are the stream.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "http/sse.h"

namespace tg::http {
namespace {

struct Event {
  std::string event;
  std::string data;
  friend bool operator==(const Event&, const Event&) = default;
};

std::vector<Event> split(std::string_view stream, std::size_t piece_bytes) {
  SseSplitter splitter;
  std::vector<Event> events;
  std::string raw;
  for (std::size_t at = 0; at < stream.size(); at += piece_bytes) {
    const auto piece = stream.substr(at, piece_bytes);
    // An exact copy on the heap, so that AddressSanitizer sees a read past its end or after it.
    const auto copy = std::make_unique<char[]>(piece.size());
    std::copy(piece.begin(), piece.end(), copy.get());
    TG_CHECK(splitter.feed({copy.get(), piece.size()}));
    for (SseEvent event; splitter.next(event);) {
      TG_CHECK(!event.raw.empty() && event.data.size() < event.raw.size());
      raw += event.raw;
      events.emplace_back(std::string{event.event}, std::string{event.data});
    }
  }
  TG_CHECK(raw.append(splitter.rest()) == stream);
  return events;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view stream{reinterpret_cast<const char*>(data) + 1, size - 1};
  const auto whole = split(stream, std::max<std::size_t>(stream.size(), 1));
  TG_CHECK(split(stream, 1) == whole);
  TG_CHECK(split(stream, 1u + data[0] % 64) == whole);
  return 0;
}

}  // namespace tg::http
