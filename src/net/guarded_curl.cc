// SPDX-License-Identifier: Apache-2.0
#include "net/guarded_curl.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>

#include "base/secret_bytes.h"
#include "net/address_rules.h"

namespace tg::net {
namespace {

bool is_allowed(const GuardedDestination& destination, const sockaddr& address) {
  // What is connected to is the proxy otherwise: the operator's choice.
  if (destination.proxy != nullptr) return true;
  if (destination.only_public) return address_kind(address) == AddressKind::kPublic;
  return may_connect(destination.host, address);
}

curl_socket_t open_allowed(void* context, curlsocktype, curl_sockaddr* wanted) {
  auto& destination = *static_cast<GuardedDestination*>(context);
  if (!is_allowed(destination, wanted->addr)) {
    destination.refused = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(wanted->family, wanted->socktype | SOCK_CLOEXEC, wanted->protocol);
}

std::size_t on_body(char* bytes, std::size_t, std::size_t size, void* context) {
  auto& body = *static_cast<BoundedBody*>(context);
  if (size > body.bytes_max - body.bytes.size()) {
    body.too_large = true;
    return 0;  // makes libcurl stop
  }
  body.bytes.append(bytes, size);
  return size;
}

// Said in any case: libcurl would look into the environment otherwise.
bool set_proxy(CURL* handle, const Proxy* proxy) {
  const auto set = [handle](CURLoption option, const char* text) {
    return curl_easy_setopt(handle, option, text) == CURLE_OK;
  };
  if (!set(CURLOPT_NOPROXY, "")) return false;
  if (proxy == nullptr) return set(CURLOPT_PROXY, "");
  const bool ipv6 = proxy->host().contains(':');
  const auto url = fmt::format("http://{}{}{}:{}", ipv6 ? "[" : "", proxy->host(), ipv6 ? "]" : "",
                               proxy->port());
  if (!set(CURLOPT_PROXY, url.c_str())) return false;
  if (proxy->credentials().empty()) return true;
  // libcurl wants texts that end in a zero.
  const auto both = proxy->credentials().reveal();
  const auto colon = std::min(both.find(':'), both.size());
  std::string name{both.substr(0, colon)};
  std::string password{both.substr(std::min(colon + 1, both.size()))};
  const bool good =
      set(CURLOPT_PROXYUSERNAME, name.c_str()) && set(CURLOPT_PROXYPASSWORD, password.c_str());
  wipe(name);
  wipe(password);
  return good;
}

}  // namespace

bool may_ask(const GuardedDestination& destination) {
  if (destination.only_public && names_private_place(destination.host)) return false;
  return destination.proxy == nullptr || !is_forbidden_literal(destination.host);
}

bool guard(CURL* handle, GuardedDestination& destination) {
  return set_proxy(handle, destination.proxy) &&
         curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, open_allowed) == CURLE_OK &&
         curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, &destination) == CURLE_OK;
}

bool collect(CURL* handle, BoundedBody& body) {
  return curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
         curl_easy_setopt(handle, CURLOPT_WRITEDATA, &body) == CURLE_OK;
}

}  // namespace tg::net
