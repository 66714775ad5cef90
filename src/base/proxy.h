// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret_bytes.h"

// The proxy through which connections to TLS upstreams are made, by CONNECT; and the hosts that are
// reached without it, as curl understands NO_PROXY: names with all that is below them, addresses,
// networks (10.0.0.0/8), or "*".
//
// Threading:  immutable.
// Errors:     kConfiguration from parse().
// Secrets:    the URL may hold a name and a password; only they are secret.
namespace tg {

class Proxy {
 public:
  // "http://[USER:PASSWORD@]HOST[:PORT]"; port 1080 where none is named, as curl has it. The name
  // and the password may be percent-encoded.
  [[nodiscard]] static Result<std::shared_ptr<const Proxy>> parse(std::string_view url,
                                                                  std::string_view no_proxy);

  [[nodiscard]] const std::string& host() const noexcept { return host_; }  // without brackets
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] const SecretBytes& credentials() const noexcept { return credentials_; }

  // Whether connections to this host go through it. An IPv6 address without brackets.
  [[nodiscard]] bool serves(std::string_view host) const;

 private:
  [[nodiscard]] Result<void> read_host(std::string_view text);

  std::string host_;
  std::uint16_t port_ = 0;
  SecretBytes credentials_;  // "user:password"; empty: none
  std::vector<std::string> direct_;
};

}  // namespace tg
