// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "http/message.h"

// Heads on their way out, and the small words of HTTP that both directions need.
//
// Threading:  pure functions; the date is cached per thread.
// Errors:     none. A field whose name is no token, or whose value holds CR, LF or NUL, ends the
//             process: it would split the message, and what we parsed cannot hold one. Where a
//             value comes from elsewhere (JSON, the database) ask is_field_value() first.
namespace tg::http {

// "HTTP/1.1 200 OK\r\n"
void append_status_line(std::string& out, int status);
// "Name: value\r\n"
void append_field(std::string& out, std::string_view name, std::string_view value);
// "Date: Tue, 24 Nov 2026 07:18:11 GMT\r\n"
void append_date(std::string& out);

// "" for a status nobody registered.
[[nodiscard]] std::string_view reason_phrase(int status) noexcept;

// Fields that speak about one connection and are never forwarded (RFC 9110, 7.6.1).
[[nodiscard]] bool is_hop_by_hop(std::string_view name) noexcept;
[[nodiscard]] bool is_token(std::string_view text) noexcept;
[[nodiscard]] bool is_field_value(std::string_view text) noexcept;
// Of texts of one size.
[[nodiscard]] bool differ_at_most_in_case(std::string_view left, std::string_view right) noexcept;
[[nodiscard]] inline bool equals_ignore_case(std::string_view left,
                                             std::string_view right) noexcept {
  // Nearly all that are compared have another size or begin with another letter.
  if (left.size() != right.size()) return false;
  if (left.empty()) return true;
  constexpr unsigned kAllButCase = 0xdf;
  return ((static_cast<unsigned char>(left[0]) ^ static_cast<unsigned char>(right[0])) &
          kAllButCase) == 0 &&
         differ_at_most_in_case(left, right);
}
[[nodiscard]] bool starts_with_ignore_case(std::string_view text, std::string_view prefix) noexcept;

// A whole answer with Content-Length, Date and, unless kept alive, "Connection: close". The framing
// is ours alone: hop-by-hop fields, Content-Length and Date among `response.fields` are left out.
// `head_only` answers HEAD: the length of the body, without the body.
[[nodiscard]] std::string serialize(const Response& response, bool keep_alive,
                                    bool head_only = false);

}  // namespace tg::http
