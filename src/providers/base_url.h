// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "http/url.h"

// The one form in which a provider's address is stored, shown and asked: lower-case host, no
// default port, no slash at the end.
//
// Threading:  pure.
// Errors:     base_url() hands on those of http::parse_url().
namespace tg::providers {

[[nodiscard]] std::string base_url(const http::Url& url);
[[nodiscard]] Result<std::string> base_url(std::string_view text);

}  // namespace tg::providers
