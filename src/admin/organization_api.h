// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "admin/operations.h"
#include "http/message.h"

// OpenAI's Admin API, /v1/organization/** and /v1/projects/**: finds the route, knows the admin
// key, asks whether its owner's role allows what the route needs, reads query and body, runs the
// handler.
//
// Threading:  any control thread.
// Lifetime:   `operations` outlives it.
// Errors:     in this order: kKeyMissing, kKeyInvalid, kKeyWrongKind; kPathNotFound,
//             kMethodNotAllowed; kScopeMissing; then the handler's.
namespace tg::admin {

[[nodiscard]] bool is_organization_path(std::string_view path) noexcept;

[[nodiscard]] ApiResult<Json> run_organization_api(Operations& operations,
                                                   const http::Request& request);

}  // namespace tg::admin
