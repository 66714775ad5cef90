// SPDX-License-Identifier: Apache-2.0
#include "base/proxy.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>

namespace tg {
namespace {

constexpr std::string_view kScheme = "http://";
constexpr std::uint16_t kUsualPort = 1080;
constexpr std::size_t kHostBytesMax = 253;

constexpr auto kForm = "a proxy is written as http://[USER:PASSWORD@]HOST:PORT";

std::string lower(std::string_view text) {
  std::string out{text};
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

std::optional<unsigned char> hex_byte(std::string_view digits) {
  unsigned value = 0;
  const auto* end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, value, 16);
  if (digits.size() != 2 || read.ec != std::errc{} || read.ptr != end) return std::nullopt;
  return static_cast<unsigned char>(value);
}

// Empty where an escape is none, or stands for what no name and no field may hold.
std::string decode(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    auto byte = static_cast<unsigned char>(text[at]);
    if (byte == '%') {
      const auto decoded = hex_byte(text.substr(at + 1, 2));
      if (!decoded) return {};
      byte = *decoded;
      at += 2;
    }
    if (byte < ' ' || byte == 0x7f) return {};
    out += static_cast<char>(byte);
  }
  return out;
}

struct Address {
  int family = 0;
  std::array<std::uint8_t, 16> bytes{};
  [[nodiscard]] unsigned bits() const { return family == AF_INET ? 32 : 128; }
};

std::optional<Address> parse_address(std::string_view text) {
  const std::string terminated{text};
  for (const int family : {AF_INET, AF_INET6}) {
    Address address{.family = family};
    if (::inet_pton(family, terminated.c_str(), address.bytes.data()) == 1) return address;
  }
  return std::nullopt;
}

bool share_bits(const Address& left, const Address& right, unsigned bits) {
  if (left.family != right.family || bits > left.bits()) return false;
  for (unsigned at = 0; at < bits; ++at) {
    const auto mask = static_cast<std::uint8_t>(0x80U >> (at % 8));
    if (((left.bytes[at / 8] ^ right.bytes[at / 8]) & mask) != 0) return false;
  }
  return true;
}

// `rule` is an address or a network.
bool is_address_in(const Address& host, std::string_view rule) {
  const auto slash = rule.find('/');
  const auto network = parse_address(rule.substr(0, slash));
  if (!network) return false;
  auto bits = network->bits();
  if (slash != std::string_view::npos) {
    const auto digits = rule.substr(slash + 1);
    const auto* end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, bits);
    if (read.ec != std::errc{} || read.ptr != end) return false;
  }
  return share_bits(host, *network, bits);
}

// `rule` is a name; so is all that is below it.
bool is_name_in(std::string_view host, std::string_view rule) {
  if (rule.starts_with('.')) rule.remove_prefix(1);
  if (rule.ends_with('.')) rule.remove_suffix(1);
  if (rule.empty() || !host.ends_with(rule)) return false;
  return host.size() == rule.size() || host[host.size() - rule.size() - 1] == '.';
}

std::vector<std::string> split_rules(std::string_view text) {
  constexpr std::string_view kBetween = ", \t";
  std::vector<std::string> rules;
  while (!text.empty()) {
    const auto begin = text.find_first_not_of(kBetween);
    if (begin == std::string_view::npos) break;
    text.remove_prefix(begin);
    auto rule = text.substr(0, text.find_first_of(kBetween));
    text.remove_prefix(rule.size());
    if (rule.starts_with('[') && rule.ends_with(']')) rule = rule.substr(1, rule.size() - 2);
    rules.push_back(lower(rule));
  }
  return rules;
}

}  // namespace

Result<std::shared_ptr<const Proxy>> Proxy::parse(std::string_view url, std::string_view no_proxy) {
  if (url.starts_with("https://") || (url.starts_with("socks") && url.contains("://"))) {
    return fail(Code::kConfiguration, "only proxies that are spoken to by http:// are supported");
  }
  // As curl takes it: without a scheme it is http.
  if (lower(url.substr(0, kScheme.size())) == kScheme) url.remove_prefix(kScheme.size());
  if (url.contains("://")) return fail(Code::kConfiguration, kForm);
  if (url.ends_with('/')) url.remove_suffix(1);
  auto proxy = std::make_shared<Proxy>();
  if (const auto at = url.rfind('@'); at != std::string_view::npos) {
    auto credentials = decode(url.substr(0, at));
    if (credentials.empty()) return fail(Code::kConfiguration, kForm);
    proxy->credentials_ = SecretBytes{credentials};
    wipe(credentials);
    url.remove_prefix(at + 1);
  }
  TG_TRY_DONE(proxy->read_host(url));
  proxy->direct_ = split_rules(no_proxy);
  return proxy;
}

Result<void> Proxy::read_host(std::string_view text) {
  port_ = kUsualPort;
  const auto bracket = text.starts_with('[') ? text.find(']') : std::string_view::npos;
  const auto colon = bracket == std::string_view::npos ? text.find(':') : text.find(':', bracket);
  if (colon != std::string_view::npos) {
    const auto digits = text.substr(colon + 1);
    const auto* end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, port_);
    if (read.ec != std::errc{} || read.ptr != end || port_ == 0) {
      return fail(Code::kConfiguration, kForm);
    }
    text = text.substr(0, colon);
  }
  if (bracket != std::string_view::npos) {
    if (text.size() != bracket + 1) return fail(Code::kConfiguration, kForm);
    text = text.substr(1, bracket - 1);
    if (!parse_address(text)) return fail(Code::kConfiguration, kForm);
  }
  const bool plain = std::ranges::all_of(text, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_' || c == ':';
  });
  if (text.empty() || text.size() > kHostBytesMax || !plain) {
    return fail(Code::kConfiguration, kForm);
  }
  host_ = lower(text);
  return {};
}

bool Proxy::serves(std::string_view host) const {
  if (host.ends_with('.')) host.remove_suffix(1);
  const auto name = lower(host);
  const auto address = parse_address(name);
  return std::ranges::none_of(direct_, [&](const std::string& rule) {
    return rule == "*" || (address ? is_address_in(*address, rule) : is_name_in(name, rule));
  });
}

}  // namespace tg
