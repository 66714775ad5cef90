// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "admin/organization_handlers.h"
#include "admin/permissions.h"

// OpenAI's Admin API: which operation a method and path name, what it needs, and who does it. There
// is no other way to a handler, and no row without a permission.
//
// Threading:  pure.
namespace tg::admin {

struct OrganizationRoute {
  std::string_view method;
  std::string_view path;  // without "/v1/"; "{}" is an id
  Resource resource;
  Access access;
  OrganizationHandler* handler;
};

[[nodiscard]] std::span<const OrganizationRoute> organization_routes() noexcept;

}  // namespace tg::admin
