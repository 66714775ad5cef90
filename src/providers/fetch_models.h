// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/proxy.h"
#include "base/result.h"
#include "base/secret_bytes.h"

// Asks an upstream which models it serves, with the operator's credential: for `providers add` and
// `providers test`, never on a call's path.
//
// Threading:  blocks the calling thread, so control threads only.
// Limits:     10 s; 4 MiB; no redirect is followed, because it would carry the credential to
//             whom it names; http and https only; certificates are verified; a proxy is used as
//             calls use it, and addresses are judged as those of calls are (net/connect.h).
// Errors:     kNotFound: the upstream has no list (404, 405); kForbidden: it refuses the credential
//             (401, 403); kUpstreamUnreachable, kUpstreamTls, kUpstreamTimeout, kUpstreamProtocol.
namespace tg::providers {

struct FetchLimits {
  std::chrono::milliseconds timeout{10'000};
  std::size_t body_bytes_max = 4 << 20;
  const Proxy* proxy = nullptr;  // null: none
};

// `base_url` as parse_base_url() accepts it; an empty credential sends none.
[[nodiscard]] Result<std::vector<std::string>> fetch_models(std::string_view base_url,
                                                            const SecretBytes& credential,
                                                            const FetchLimits& limits = {});

}  // namespace tg::providers
