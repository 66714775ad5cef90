// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "base/curl.h"
#include "base/proxy.h"

// How libcurl reaches somebody else's server: by the rules of net/address_rules.h, which are asked
// before each connection with the very address, and through the proxy as calls are.
//
// Threading:  one handle, one thread; blocks it, so control threads only.
// Lifetime:   destination and body outlive the transfer.
namespace tg::net {

struct GuardedDestination {
  std::string host;
  const Proxy* proxy = nullptr;  // that connects to it; null: we do
  bool only_public = false;      // also where the host names a private place itself
  bool refused = false;          // an address was: set by the transfer
};

// Whether the host may be asked for at all: what can be judged before its name is resolved, and
// must be where a proxy does that.
[[nodiscard]] bool may_ask(const GuardedDestination& destination);

// False where libcurl lacks what this needs.
[[nodiscard]] bool guard(CURL* handle, GuardedDestination& destination);

// What was answered, as far as it is read: more ends the transfer with CURLE_WRITE_ERROR.
struct BoundedBody {
  std::string bytes{};
  std::size_t bytes_max = 0;
  bool too_large = false;
};
[[nodiscard]] bool collect(CURL* handle, BoundedBody& body);

}  // namespace tg::net
