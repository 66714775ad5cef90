// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "config/snapshot.h"

// The head of a request to a provider, as far as it is the same for all: request line, Host and
// the operator's credential. What is written holds a secret: wipe it.
//
// Threading:  pure.
namespace tg::gateway {

struct UpstreamRequest {
  std::string_view method;
  std::string_view path;   // behind /v1, which the provider's prefix replaces: "/files"
  std::string_view query;  // without the question mark
};
[[nodiscard]] std::string begin_upstream_head(const config::Provider& provider,
                                              const UpstreamRequest& request);

}  // namespace tg::gateway
