// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

// Cuts a server-sent event stream (WHATWG HTML, 9.2) into events without changing a byte: the `raw`
// of all events and then rest(), one after another, are the stream. So a relay forwards `raw`, and
// only reads `data`.
//
//   TG_TRY_DONE(splitter.feed(bytes));
//   for (SseEvent event; splitter.next(event);) relay(event);
//
// Threading:  one owner.
// Lifetime:   an event's views hold until the next next() or feed(). An event that lies whole in
//             the bytes fed, with one line of data, is not copied: its views point into those bytes
//             and hold as long as they do.
// Limits:     an unfinished event of `event_bytes_max`, 4 MiB by default: an image in base64 is the
//             largest thing that any provider puts into one event.
// Errors:     kUpstreamProtocol when an event does not end within the limit.
namespace tg::http {

struct SseEvent {
  std::string_view raw;    // all its bytes, the blank line included
  std::string_view event;  // the type; empty when not named
  std::string_view data;   // data lines joined by LF; empty for a comment
};

class SseSplitter {
 public:
  explicit SseSplitter(std::size_t event_bytes_max = 4 << 20) noexcept;

  // Call only after next() has returned false. The bytes must outlive the calls of next().
  [[nodiscard]] Result<void> feed(std::string_view bytes);

  // The next complete event. A bare CR that ends the bytes fed ends its line at once; should its LF
  // follow, that stands at the front of the next event's `raw`.
  [[nodiscard]] bool next(SseEvent& event);

  // What has come of an event that is not complete. Meaningful once next() has returned false.
  [[nodiscard]] std::string_view rest() const noexcept { return carry_; }

 private:
  std::size_t scan_to_event_end();
  void read_fields(SseEvent& event);
  void read_data_line(SseEvent& event, std::string_view line, int& data_lines);

  const std::size_t event_bytes_max_;
  std::string_view input_;       // fed and not yet looked at
  std::string carry_;            // an unfinished event from earlier feeds; wholly scanned
  std::string event_bytes_;      // the event last delivered, when it had to be put together
  std::string joined_;           // its data, when it has several lines
  bool at_line_start_ = true;    // no byte of the current line has come
  bool after_return_ = false;    // the last byte was a CR, so that an LF now belongs to it
  bool at_stream_start_ = true;  // a byte order mark may stand here
};

}  // namespace tg::http
