// SPDX-License-Identifier: Apache-2.0
#include "http/url.h"

#include <algorithm>
#include <charconv>

#include "http/scan.h"

namespace tg::http {
namespace {

constexpr std::size_t kHostBytesMax = 253;  // RFC 1035: 255 octets on the wire

bool is_visible(char c) { return c > 0x20 && c < 0x7f; }

// How many bytes the UTF-8 character at the front takes; 0 when it is not one (overlong forms,
// surrogates and what lies past U+10FFFF included).
std::size_t utf8_size(std::string_view text) {
  const auto byte = [text](std::size_t at) {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0u;
  };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  for (std::size_t at = 1; at < size; ++at) {
    if ((byte(at) & 0xc0) != 0x80) return 0;
  }
  if (lead == 0xe0 && byte(1) < 0xa0) return 0;
  if (lead == 0xed && byte(1) > 0x9f) return 0;
  if (lead == 0xf0 && byte(1) < 0x90) return 0;
  if (lead == 0xf4 && byte(1) > 0x8f) return 0;
  return size;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = utf8_size(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

bool has_dot_segment(std::string_view path) {
  while (!path.empty()) {
    const std::size_t size = std::min(path.find('/'), path.size());
    const auto segment = path.substr(0, size);
    if (segment == "." || segment == "..") return true;
    path.remove_prefix(std::min(size + 1, path.size()));
  }
  return false;
}

// The path as routing sees it.
bool is_plain_path(std::string_view path) {
  if (path.empty() || path.front() != '/' || path.starts_with("//")) return false;
  const bool plain = std::none_of(path.begin(), path.end(), [](char c) {
    return is_control(c) || c == '\t' || c == '\\' || c == '#' || c == '?' || c == '%';
  });
  return plain && !has_dot_segment(path);
}

bool is_acceptable_path(std::string_view path) {
  // Almost every path we serve has no escape, and then it is its own decoded form.
  if (path.find('%') == std::string_view::npos) return is_plain_path(path);
  const auto decoded = percent_decode(path);
  return decoded && path.front() == '/' && is_plain_path(*decoded) && is_utf8(*decoded);
}

// Escapes stay in the query, but none that would end a line or a string in whoever decodes it.
bool is_acceptable_query(std::string_view query) {
  for (std::size_t at = query.find('%'); at != std::string_view::npos; at = query.find('%', at)) {
    if (query.size() - at < 3) return false;
    const int high = hex_digit(query[at + 1]);
    const int low = hex_digit(query[at + 2]);
    if (high < 0 || low < 0) return false;
    const int byte = high * 16 + low;
    if (byte == 0 || byte == '\r' || byte == '\n') return false;
    at += 3;
  }
  return true;
}

bool is_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() && text.size() <= 5 &&
         port >= 1 && port <= 65535;
}

bool is_name_or_ipv4(std::string_view host) {
  return !host.empty() && host.size() <= kHostBytesMax && host.front() != '.' &&
         host.find("..") == std::string_view::npos &&
         std::all_of(host.begin(), host.end(), [](char c) {
           return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_';
         });
}

bool is_ipv6(std::string_view host) {
  return host.size() >= 2 && host.size() <= 45 && std::count(host.begin(), host.end(), ':') >= 2 &&
         std::all_of(host.begin(), host.end(),
                     [](char c) { return hex_digit(c) >= 0 || c == ':' || c == '.'; });
}

struct HostAndPort {
  std::string_view host;
  std::string_view port;  // empty when not said
};

std::optional<HostAndPort> split_host(std::string_view text) {
  HostAndPort split;
  std::string_view after;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    split.host = text.substr(1, close - 1);
    after = text.substr(close + 1);
    if (!is_ipv6(split.host)) return std::nullopt;
  } else {
    split.host = text.substr(0, text.find(':'));
    after = text.substr(split.host.size());
    if (!is_name_or_ipv4(split.host)) return std::nullopt;
  }
  if (after.empty()) return split;
  if (after.front() != ':' || !is_port(after.substr(1))) return std::nullopt;
  split.port = after.substr(1);
  return split;
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      decoded.push_back(text[at]);
      continue;
    }
    if (text.size() - at < 3) return std::nullopt;
    const int high = hex_digit(text[at + 1]);
    const int low = hex_digit(text[at + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded.push_back(static_cast<char>(high * 16 + low));
    at += 2;
  }
  return decoded;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    if (is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      encoded.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded.push_back('%');
    encoded.push_back(kDigits[byte >> 4]);
    encoded.push_back(kDigits[byte & 15]);
  }
  return encoded;
}

Result<void> split_target(std::string_view target, std::string_view& path,
                          std::string_view& query) {
  for (const char c : target) {
    if (!is_visible(c) || c == '\\' || c == '#') {
      return fail(Code::kMalformedHttp, "the request target holds a character that it must not");
    }
  }
  const std::size_t mark = target.find('?');
  path = target.substr(0, mark);
  query = mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
  if (!is_acceptable_path(path)) {
    return fail(Code::kMalformedHttp, "the request target is not a plain path");
  }
  if (!is_acceptable_query(query)) {
    return fail(Code::kMalformedHttp, "the query holds a percent escape that it must not");
  }
  return {};
}

std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> parameters;
  const auto decode = [](std::string_view text) {
    std::string spaced{text};
    std::replace(spaced.begin(), spaced.end(), '+', ' ');
    return percent_decode(spaced);
  };
  while (!query.empty() && parameters.size() < kParametersMax) {
    const auto pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    auto name = decode(pair.substr(0, equals));
    auto value = decode(pair.substr(std::min(equals + 1, pair.size())));
    if (name && value) parameters.emplace_back(*std::move(name), *std::move(value));
  }
  return parameters;
}

bool is_host_and_port(std::string_view text) { return split_host(text).has_value(); }

Result<Url> parse_url(std::string_view text) {
  Url url;
  if (text.starts_with("https://")) {
    url.tls = true;
  } else if (!text.starts_with("http://")) {
    return fail(Code::kFieldInvalid, "the URL must begin with https:// or http://");
  }
  text.remove_prefix(url.tls ? 8 : 7);
  if (text.find_first_of("?#@") != std::string_view::npos) {
    return fail(Code::kFieldInvalid,
                "the URL must not hold a user, a password, a query or a fragment");
  }
  const auto authority = text.substr(0, text.find('/'));
  const auto split = split_host(authority);
  if (!split) return fail(Code::kFieldInvalid, "the URL's host or port is not valid");
  url.host.resize(split->host.size());
  std::transform(split->host.begin(), split->host.end(), url.host.begin(), to_lower);
  url.port = url.tls ? 443 : 80;
  if (!split->port.empty()) {
    std::from_chars(split->port.data(), split->port.data() + split->port.size(), url.port);
  }

  auto prefix = text.substr(authority.size());
  while (prefix.ends_with('/')) prefix.remove_suffix(1);
  std::string_view path;
  std::string_view query;
  if (!prefix.empty() && !split_target(prefix, path, query)) {
    return fail(Code::kFieldInvalid, "the URL's path is not a plain path");
  }
  url.path_prefix = prefix;
  return url;
}

}  // namespace tg::http
