// SPDX-License-Identifier: Apache-2.0
#include "net/address_rules.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <cstring>
#include <string>

namespace tg::net {
namespace {

template <std::size_t kSize>
struct Range {
  std::array<std::uint8_t, kSize> prefix;
  unsigned bits;
  AddressKind kind;
};

using enum AddressKind;

constexpr auto kIpv4 = std::to_array<Range<4>>({
    {{0, 0, 0, 0}, 8, kForbidden},           // "this network"; 0.0.0.0 reaches this machine
    {{100, 100, 100, 200}, 32, kForbidden},  // metadata: Alibaba
    {{168, 63, 129, 16}, 32, kForbidden},    // metadata: Azure
    {{192, 0, 0, 0}, 24, kForbidden},        // protocol assignments; metadata: Oracle
    {{169, 254, 0, 0}, 16, kForbidden},      // link-local; metadata: nearly everybody
    {{224, 0, 0, 0}, 4, kForbidden},         // multicast
    {{240, 0, 0, 0}, 4, kForbidden},         // reserved, broadcast
    {{127, 0, 0, 0}, 8, kPrivate},
    {{10, 0, 0, 0}, 8, kPrivate},
    {{172, 16, 0, 0}, 12, kPrivate},
    {{192, 168, 0, 0}, 16, kPrivate},
    {{100, 64, 0, 0}, 10, kPrivate},  // carrier-grade NAT, and overlay networks
    {{198, 18, 0, 0}, 15, kPrivate},  // benchmarking
});

constexpr auto kIpv6 = std::to_array<Range<16>>({
    {{0xfd, 0x00, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54},
     128,
     kForbidden},  // Amazon
    {{0xfd, 0x20, 0x00, 0xce, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54},
     128,
     kForbidden},                                                         // Google
    {{0xfe, 0x80}, 10, kForbidden},                                       // link-local
    {{0xfe, 0xc0}, 10, kForbidden},                                       // site-local, retired
    {{0xff}, 8, kForbidden},                                              // multicast
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 128, kForbidden},  // unspecified
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, kPrivate},    // loopback
    {{0xfc}, 7, kPrivate},                                                // unique local
});

// An IPv4 address that stands in an IPv6 one, behind this prefix.
struct Embedding {
  std::array<std::uint8_t, 16> prefix;
  unsigned bits;
  std::size_t place;
};
constexpr auto kEmbeddings = std::to_array<Embedding>({
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96, 12},  // mapped
    {{0x00, 0x64, 0xff, 0x9b}, 96, 12},                    // NAT64
    {{0x20, 0x02}, 16, 2},                                 // 6to4
    {{}, 96, 12},                                          // compatible, retired
});

bool begins_with(const std::uint8_t* address, const std::uint8_t* prefix, unsigned bits) {
  const std::size_t whole = bits / 8;
  if (std::memcmp(address, prefix, whole) != 0) return false;
  const unsigned rest = bits % 8;
  return rest == 0 || (address[whole] ^ prefix[whole]) >> (8 - rest) == 0;
}

template <typename Ranges>
const auto* find_range(const Ranges& ranges, const std::uint8_t* address) {
  const auto* found = std::ranges::find_if(ranges, [address](const auto& range) {
    return begins_with(address, range.prefix.data(), range.bits);
  });
  return found == ranges.end() ? nullptr : found;
}

AddressKind kind_of_ipv4(const std::uint8_t* address) {
  const auto* range = find_range(kIpv4, address);
  return range == nullptr ? kPublic : range->kind;
}

AddressKind kind_of_ipv6(const std::uint8_t* address) {
  // First, since ::1 and :: would pass for compatible addresses.
  if (const auto* range = find_range(kIpv6, address)) return range->kind;
  if (const auto* embedding = find_range(kEmbeddings, address)) {
    return kind_of_ipv4(address + embedding->place);
  }
  return kPublic;
}

bool is_literal_address(const std::string& host) {
  std::array<std::uint8_t, 16> ignored{};
  return ::inet_pton(AF_INET, host.c_str(), ignored.data()) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), ignored.data()) == 1;
}

}  // namespace

AddressKind address_kind(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    const auto& ipv4 = reinterpret_cast<const sockaddr_in&>(address);
    return kind_of_ipv4(reinterpret_cast<const std::uint8_t*>(&ipv4.sin_addr));
  }
  if (address.sa_family == AF_INET6) {
    return kind_of_ipv6(reinterpret_cast<const sockaddr_in6&>(address).sin6_addr.s6_addr);
  }
  return kForbidden;
}

bool names_private_place(std::string_view host) {
  if (is_literal_address(std::string{host})) return true;
  if (host.ends_with('.')) host.remove_suffix(1);
  const auto last_dot = host.rfind('.');
  const auto last = last_dot == std::string_view::npos ? host : host.substr(last_dot + 1);
  // The resolver takes what begins so for a number, not for a name.
  if (last.empty() || std::isdigit(static_cast<unsigned char>(last.front())) != 0) return false;
  if (last_dot == std::string_view::npos) return true;
  constexpr auto kNeverPublic =
      std::to_array<std::string_view>({".localhost", ".local", ".internal", ".lan", ".home.arpa"});
  return std::ranges::any_of(kNeverPublic,
                             [host](std::string_view suffix) { return host.ends_with(suffix); });
}

bool is_forbidden_literal(std::string_view host) {
  const std::string text{host};
  sockaddr_in ipv4{};
  sockaddr_in6 ipv6{};
  if (::inet_pton(AF_INET, text.c_str(), &ipv4.sin_addr) == 1) {
    ipv4.sin_family = AF_INET;
    return address_kind(reinterpret_cast<const sockaddr&>(ipv4)) == kForbidden;
  }
  if (::inet_pton(AF_INET6, text.c_str(), &ipv6.sin6_addr) == 1) {
    ipv6.sin6_family = AF_INET6;
    return address_kind(reinterpret_cast<const sockaddr&>(ipv6)) == kForbidden;
  }
  return false;
}

bool may_connect(std::string_view host, const sockaddr& address) {
  switch (address_kind(address)) {
    case kPublic: return true;
    case kPrivate: return names_private_place(host);
    case kForbidden: return false;
  }
  return false;
}

}  // namespace tg::net
