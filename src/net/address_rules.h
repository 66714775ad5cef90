// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

struct sockaddr;

// Which addresses a provider's name may lead to. Asked after name resolution and right before the
// connection, with the very address that is connected to, so no answer of DNS can slip past it.
//
//   public     allowed for every host.
//   private    loopback, private and carrier-grade ranges: allowed only where the operator's base
//              URL says so itself, by a literal IP address, `localhost`, a name without a dot
//              (a container's, a Compose service's), or a name below .localhost, .local, .internal,
//              .lan or .home.arpa, which are never public. A public name that leads there is DNS
//              rebinding, or somebody else's mistake; either would make us knock at our own doors.
//   forbidden  link-local, metadata services (wherever a cloud has put them), unspecified,
//              multicast, broadcast and reserved: for every host, also where the base URL names
//              one.
//
// An IPv4 address inside of an IPv6 one (mapped, compatible, NAT64, 6to4) counts as the IPv4
// address. Numbers that the resolver would take for an address (`2130706433`, `0x7f.1`) are no
// names: they lead to public addresses or nowhere.
//
// Threading:  pure functions.
// Errors:     none; an address family that is neither IPv4 nor IPv6 is forbidden.
namespace tg::net {

enum class AddressKind : std::uint8_t { kPublic, kPrivate, kForbidden };

[[nodiscard]] AddressKind address_kind(const sockaddr& address);

// Whether the host of a base URL (lower case, IPv6 without brackets) names a private place itself.
[[nodiscard]] bool names_private_place(std::string_view host);

[[nodiscard]] bool may_connect(std::string_view host, const sockaddr& address);

// Whether a host is itself an address that no provider may have: what can be judged where somebody
// else, a proxy, makes the connection.
[[nodiscard]] bool is_forbidden_literal(std::string_view host);

}  // namespace tg::net
