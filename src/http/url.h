// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

// Targets, percent-encoding, queries and the base URLs of providers. A target is judged once, here,
// in the form that routing sees, so that no later reader can understand another path than we did.
//
// Threading:  pure functions.
// Limits:     256 parameters in a query; a host of 253 bytes.
// Errors:     kMalformedHttp for a client's target, kFieldInvalid for an operator's URL.
namespace tg::http {

// Empty when a '%' is not followed by two hexadecimal digits. '+' stays '+'.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

// Everything but RFC 3986's unreserved characters is encoded; '/' too.
[[nodiscard]] std::string percent_encode(std::string_view text);

// Splits an origin-form target ("/path?query") into views, undecoded. Refused: any other form,
// bytes that are not visible ASCII, '\', '#', a path that begins with "//", and, also when
// percent-encoded: dot segments, control characters, '\', '#', '?', '%' and what is not UTF-8.
// "%2F" is let through, since SDKs write it for model names; split on '/' before you decode.
[[nodiscard]] Result<void> split_target(std::string_view target, std::string_view& path,
                                        std::string_view& query);

// A query or an application/x-www-form-urlencoded body, decoded ('+' is a space), in order. A pair
// that cannot be decoded is left out, and so is what comes after the 256th.
inline constexpr std::size_t kParametersMax = 256;
[[nodiscard]] std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query);

// A host, with or without ":port", as it may stand in a Host field: a name, an IPv4 address, or an
// IPv6 address in brackets. Stricter than RFC 3986: no '%', ',' or other sub-delimiters.
[[nodiscard]] bool is_host_and_port(std::string_view text);

struct Url {
  bool tls = false;
  std::string host;  // lower case, without brackets
  std::uint16_t port = 0;
  std::string path_prefix;  // "" or "/v1": never ends in a slash

  friend bool operator==(const Url&, const Url&) = default;
};

// "https://host[:port]/prefix" or http. User information, query and fragment are refused.
[[nodiscard]] Result<Url> parse_url(std::string_view text);

}  // namespace tg::http
