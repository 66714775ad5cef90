// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "base/proxy.h"
#include "base/result.h"
#include "oidc/key_set.h"

// An issuer's keys, from where it publishes them: its discovery document (OpenID Connect Discovery
// 1.0), which must name the same issuer, and the key set that this names.
//
// Threading:  blocks the calling thread: one of Issuers' own.
// Limits:     https only, certificates verified, no redirect followed; 5 s for both; 64 KiB and
//             512 KiB. Addresses as net/guarded_curl.h has them: private ones only where the
//             instance's operator has named the issuer.
// Errors:     kUpstreamUnreachable, kUpstreamTls, kUpstreamTimeout, kUpstreamProtocol, with what is
//             wrong; kCancelled where `stopping` became true.
namespace tg::oidc {

struct Source {
  std::string issuer;
  std::string discovery_url{};  // empty: below the issuer's own
  bool may_be_private = false;
  std::string owner{};  // whoever trusts it: an organization

  friend auto operator<=>(const Source&, const Source&) = default;
};

struct FetchOptions {
  std::shared_ptr<const Proxy> proxy{};  // null: none
  std::string ca_file{};                 // empty: the system's
};

// kFieldInvalid: an address that could not be fetched from: https, no user, no fragment.
[[nodiscard]] Result<void> check_https_url(std::string_view url);

[[nodiscard]] std::string discovery_url_of(const Source& source);

[[nodiscard]] Result<KeySet> fetch_keys(const Source& source, const FetchOptions& options,
                                        const std::atomic<bool>& stopping);

}  // namespace tg::oidc
