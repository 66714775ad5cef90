// SPDX-License-Identifier: Apache-2.0
#include "http/sse.h"

#include <algorithm>

#include "http/scan.h"

namespace tg::http {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::size_t kNoEnd = static_cast<std::size_t>(-1);

}  // namespace

SseSplitter::SseSplitter(std::size_t event_bytes_max) noexcept
    : event_bytes_max_{event_bytes_max} {}

Result<void> SseSplitter::feed(std::string_view bytes) {
  TG_CHECK(input_.empty());
  if (carry_.size() > event_bytes_max_) {
    return fail(Code::kUpstreamProtocol, "a server-sent event does not end");
  }
  input_ = bytes;
  return {};
}

bool SseSplitter::next(SseEvent& event) {
  const std::size_t size = scan_to_event_end();
  if (size == kNoEnd) {
    carry_.append(input_);
    input_ = {};
    return false;
  }
  event = {};
  event.raw = input_.substr(0, size);
  if (!carry_.empty()) {
    carry_.append(event.raw);
    event_bytes_.swap(carry_);
    carry_.clear();
    event.raw = event_bytes_;
  }
  input_.remove_prefix(size);
  read_fields(event);
  return true;
}

// How much of the input belongs to the event, or kNoEnd. Every byte is looked at once, however the
// stream is cut: what the carry holds has been scanned, and the flags say where it stopped.
std::size_t SseSplitter::scan_to_event_end() {
  const char* at = input_.data();
  const char* const end = at + input_.size();
  while (at != end) {
    if (after_return_) {
      after_return_ = false;
      if (*at == '\n') ++at;
      if (at == end) break;
    }
    const char* const line_end = find_line_end(at, end);
    if (line_end == end) {
      at_line_start_ = false;
      break;
    }
    const bool blank = at_line_start_ && line_end == at;
    at_line_start_ = true;
    after_return_ = *line_end == '\r';
    at = line_end + 1;
    if (!blank) continue;
    if (after_return_ && at != end) {
      after_return_ = false;
      if (*at == '\n') ++at;
    }
    return static_cast<std::size_t>(at - input_.data());
  }
  return kNoEnd;
}

void SseSplitter::read_fields(SseEvent& event) {
  std::string_view bytes = event.raw;
  if (at_stream_start_ && bytes.starts_with(kByteOrderMark)) {
    bytes.remove_prefix(kByteOrderMark.size());
  }
  at_stream_start_ = false;

  int data_lines = 0;
  while (!bytes.empty()) {
    // CR LF is seen as a line and an empty line; an empty line within an event says nothing.
    const char* const line_end = find_line_end(bytes.data(), bytes.data() + bytes.size());
    const std::string_view line{bytes.data(), line_end};
    bytes.remove_prefix(line.size() + 1);

    const std::string_view name = line.substr(0, line.find(':'));
    if (name != "data" && name != "event") continue;
    std::string_view value = line.substr(std::min(name.size() + 1, line.size()));
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (name == "event") {
      event.event = value;
    } else {
      read_data_line(event, value, data_lines);
    }
  }
}

void SseSplitter::read_data_line(SseEvent& event, std::string_view line, int& data_lines) {
  if (data_lines++ == 0) {
    event.data = line;
    return;
  }
  if (data_lines == 2) joined_ = event.data;
  joined_.append(1, '\n').append(line);
  event.data = joined_;
}

}  // namespace tg::http
