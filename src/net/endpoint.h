// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>

// An address of a socket with its port, IPv4 or IPv6. For net/'s own sources.
namespace tg::net {

struct Endpoint {
  sockaddr_storage storage{};
  socklen_t size = 0;

  [[nodiscard]] const sockaddr& address() const noexcept {
    return reinterpret_cast<const sockaddr&>(storage);
  }
  [[nodiscard]] sockaddr& address() noexcept { return reinterpret_cast<sockaddr&>(storage); }
  [[nodiscard]] std::uint16_t port() const noexcept;
  // The address alone, as people write it.
  [[nodiscard]] std::string host() const;
};

// Whether a host is an address in its usual form: four decimal numbers, or IPv6 without brackets.
[[nodiscard]] bool is_ip_address(const std::string& host);

// Of such a host, which may name its interface (fe80::1%eth0); nothing of any other.
[[nodiscard]] std::optional<Endpoint> numeric_endpoint(const std::string& host, std::uint16_t port);

}  // namespace tg::net
