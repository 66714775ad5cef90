// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "http/write.h"

// The heads of HTTP/1.1 messages (RFC 9112), read in one pass without allocation. Two parties that
// frame the same bytes differently are how requests are smuggled past a proxy; therefore whatever
// could be framed in two ways is refused, also where the RFC would let us repair it.
//
// Threading:  pure functions.
// Lifetime:   every view in a head points into the bytes that were parsed.
// Limits:     64 KiB and 100 fields a head, 256 bytes a field name.
// Errors:     requests: kMalformedHttp, kHeadTooLarge, kUnsupportedTransferCoding,
//             kUnsupportedHttpVersion, kExpectationFailed; after any of them the connection is
//             closed, since nobody can know where the next request begins.
//             responses: kUpstreamProtocol.
namespace tg::http {

inline constexpr std::size_t kHeadBytesMax = 64 * 1024;
inline constexpr std::size_t kFieldsMax = 100;
inline constexpr std::size_t kFieldNameBytesMax = 256;

struct Field {
  std::string_view name;
  std::string_view value;  // without the white space around it
};

// The body that follows a head: none, so many bytes, chunks, or (responses only) until the close.
enum class Framing : std::uint8_t { kNone, kLength, kChunked, kUntilClose };

class Fields {
 public:
  Fields() noexcept {}  // leaves the 3 KiB array as it is

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] const Field* begin() const noexcept { return fields_.data(); }
  [[nodiscard]] const Field* end() const noexcept { return fields_.data() + size_; }

  // The first field of that name, in any case; empty when absent.
  [[nodiscard]] std::string_view find(std::string_view name) const noexcept {
    const Field* field = std::find_if(
        begin(), end(), [name](const Field& each) { return equals_ignore_case(each.name, name); });
    return field == end() ? std::string_view{} : field->value;
  }
  [[nodiscard]] std::size_t count(std::string_view name) const noexcept {
    return static_cast<std::size_t>(std::count_if(
        begin(), end(), [name](const Field& each) { return equals_ignore_case(each.name, name); }));
  }

  void clear() noexcept { size_ = 0; }
  // False when there is no room left.
  bool add(Field field) noexcept {
    if (size_ == kFieldsMax) return false;
    std::construct_at(fields_.data() + size_++, field);
    return true;
  }

 private:
  std::size_t size_ = 0;
  union {
    std::array<Field, kFieldsMax> fields_;
  };
};

struct RequestHead {
  std::string_view method;
  std::string_view target;
  std::string_view path;   // as sent, judged by split_target(); may hold %-escapes
  std::string_view query;  // as sent, without the question mark
  int minor_version = 1;
  Fields fields;
  Framing framing = Framing::kNone;
  std::uint64_t content_length = 0;
  bool keep_alive = true;
  bool expects_continue = false;  // a body is announced and waits for "100 Continue"
};

struct ResponseHead {
  int status = 0;
  std::string_view reason;
  int minor_version = 1;
  Fields fields;
  Framing framing = Framing::kNone;
  std::uint64_t content_length = 0;
  bool keep_alive = true;
};

// How many bytes the head takes, its blank line included; 0 when more bytes are needed: call again
// with all of them. `head` is meaningful only when the result is positive.
[[nodiscard]] Result<std::size_t> parse_request_head(std::string_view bytes, RequestHead& head);

// `request_method` decides whether a body follows (HEAD has none). An interim answer (1xx) is
// returned as a head with Framing::kNone, to be skipped; 101 is an error, for we never upgrade.
[[nodiscard]] Result<std::size_t> parse_response_head(std::string_view bytes,
                                                      std::string_view request_method,
                                                      ResponseHead& head);

}  // namespace tg::http
