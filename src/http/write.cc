// SPDX-License-Identifier: Apache-2.0
#include "http/write.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>

#include "base/clock.h"
#include "base/result.h"
#include "http/scan.h"

namespace tg::http {
namespace {

constexpr std::array<std::string_view, 9> kHopByHop = {"connection",
                                                       "keep-alive",
                                                       "proxy-connection",
                                                       "proxy-authenticate",
                                                       "proxy-authorization",
                                                       "te",
                                                       "trailer",
                                                       "transfer-encoding",
                                                       "upgrade"};

// IMF-fixdate (RFC 9110, 5.6.7), which names days and months in English whatever the locale.
std::string format_http_date(std::int64_t unix_s) {
  namespace chrono = std::chrono;
  constexpr std::string_view kDays = "SunMonTueWedThuFriSat";
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const chrono::sys_seconds time{chrono::seconds{unix_s}};
  const auto day = chrono::floor<chrono::days>(time);
  const chrono::year_month_day date{day};
  const chrono::hh_mm_ss clock{time - day};
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                     kDays.substr(chrono::weekday{day}.c_encoding() * 3, 3),
                     static_cast<unsigned>(date.day()),
                     kMonths.substr((static_cast<unsigned>(date.month()) - 1) * 3, 3),
                     static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(),
                     clock.seconds().count());
}

// Eight bytes as one number, with capital letters made small ones.
std::uint64_t lower_word(const char* bytes) {
  constexpr std::uint64_t kEach = 0x0101010101010101;
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  // The top bit of each byte says: at least 'A', beyond 'Z', not ASCII.
  const auto low_bits = word & (kEach * 0x7f);
  const auto from_a = low_bits + kEach * (0x80 - 'A');
  const auto beyond_z = low_bits + kEach * (0x7f - 'Z');
  const auto capital = (from_a & ~beyond_z & ~word) & (kEach * 0x80);
  return word | (capital >> 2);
}

bool has_no_body(int status) { return status < 200 || status == 204 || status == 304; }

}  // namespace

std::string_view reason_phrase(int status) noexcept {
  switch (status) {
    case 100: return "Continue";
    case 101: return "Switching Protocols";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 203: return "Non-Authoritative Information";
    case 204: return "No Content";
    case 205: return "Reset Content";
    case 206: return "Partial Content";
    case 300: return "Multiple Choices";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 402: return "Payment Required";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 407: return "Proxy Authentication Required";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 421: return "Misdirected Request";
    case 422: return "Unprocessable Content";
    case 424: return "Failed Dependency";
    case 426: return "Upgrade Required";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    default: return "";
  }
}

void append_status_line(std::string& out, int status) {
  TG_CHECK(status >= 100 && status <= 999);
  const char digits[] = {static_cast<char>('0' + status / 100),
                         static_cast<char>('0' + status / 10 % 10),
                         static_cast<char>('0' + status % 10), ' '};
  out.append("HTTP/1.1 ").append(digits, sizeof digits);
  out.append(reason_phrase(status)).append("\r\n");
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  TG_CHECK(is_token(name) && is_field_value(value));
  out.append(name).append(": ").append(value).append("\r\n");
}

void append_date(std::string& out) {
  thread_local std::int64_t cached_s = -1;
  thread_local std::string cached;
  const std::int64_t now_s = to_unix_s(wall_now());
  if (now_s != cached_s) {
    cached = format_http_date(now_s);
    cached_s = now_s;
  }
  append_field(out, "Date", cached);
}

bool differ_at_most_in_case(std::string_view left, std::string_view right) noexcept {
  // Eight at a time; what is left is told apart by a look at the last eight again.
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  if (left.size() >= kWord) {
    const auto last = left.size() - kWord;
    for (std::size_t at = 0; at < last; at += kWord) {
      if (lower_word(left.data() + at) != lower_word(right.data() + at)) return false;
    }
    return lower_word(left.data() + last) == lower_word(right.data() + last);
  }
  return std::equal(left.begin(), left.end(), right.begin(),
                    [](char a, char b) { return to_lower(a) == to_lower(b); });
}

bool starts_with_ignore_case(std::string_view text, std::string_view prefix) noexcept {
  return equals_ignore_case(text.substr(0, prefix.size()), prefix);
}

bool is_hop_by_hop(std::string_view name) noexcept {
  return std::any_of(kHopByHop.begin(), kHopByHop.end(),
                     [name](std::string_view each) { return equals_ignore_case(each, name); });
}

bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_byte);
}

bool is_field_value(std::string_view text) noexcept {
  return find_control(text.data(), text.data() + text.size()) == text.data() + text.size();
}

std::string serialize(const Response& response, bool keep_alive, bool head_only) {
  std::string out;
  out.reserve(512 + (head_only ? 0 : response.body.size()));
  append_status_line(out, response.status);
  for (const auto& [name, value] : response.fields) {
    const bool ours = is_hop_by_hop(name) || equals_ignore_case(name, "content-length") ||
                      equals_ignore_case(name, "date");
    if (!ours) append_field(out, name, value);
  }
  append_date(out);
  if (!has_no_body(response.status)) {
    append_field(out, "Content-Length", fmt::format_int{response.body.size()}.c_str());
  }
  if (!keep_alive) append_field(out, "Connection", "close");
  out.append("\r\n");
  if (!head_only && !has_no_body(response.status)) out.append(response.body);
  return out;
}

}  // namespace tg::http
