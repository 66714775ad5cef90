// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

// The OpenAPI document of /v1/tollgate/**, built into the binary from the parts in openapi/ (whose
// README.md says how). openapi_document_test.cc compares it with the routes and with the fields
// that they take.
//
// Threading:  pure; the bytes are constant.
namespace tg::admin {

// One JSON object.
[[nodiscard]] std::string_view openapi_document() noexcept;

}  // namespace tg::admin
