// SPDX-License-Identifier: Apache-2.0
#include "net/endpoint.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

namespace tg::net {

std::uint16_t Endpoint::port() const noexcept {
  return ntohs(storage.ss_family == AF_INET6
                   ? reinterpret_cast<const sockaddr_in6&>(storage).sin6_port
                   : reinterpret_cast<const sockaddr_in&>(storage).sin_port);
}

std::string Endpoint::host() const {
  std::array<char, NI_MAXHOST> text{};
  const int failed =
      ::getnameinfo(&address(), size, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST);
  return failed == 0 ? text.data() : "";
}

bool is_ip_address(const std::string& host) {
  const auto without_interface = host.substr(0, host.find('%'));
  in6_addr address{};
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1 ||
         ::inet_pton(AF_INET6, without_interface.c_str(), &address) == 1;
}

std::optional<Endpoint> numeric_endpoint(const std::string& host, std::uint16_t port) {
  if (!is_ip_address(host)) return std::nullopt;
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
    return std::nullopt;
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list{found, &::freeaddrinfo};
  Endpoint endpoint{.size = found->ai_addrlen};
  std::memcpy(&endpoint.storage, found->ai_addr, found->ai_addrlen);
  return endpoint;
}

}  // namespace tg::net
