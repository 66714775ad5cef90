// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "admin/operation_context.h"

// Reads which organization the argument `organization` names.
//
// Threading:  any control thread.
// Errors:     kNotFound: there is none of that id, or the caller may not know of it.
namespace tg::admin {

// Empty: none is named.
[[nodiscard]] ApiResult<OrganizationId> named_organization(OperationContext& context,
                                                           const Json& arguments);
// The caller's own where none is named; another one only for an operator.
[[nodiscard]] ApiResult<std::string> own_or_named_organization(OperationContext& context,
                                                               const Json& arguments,
                                                               const Caller& caller);

}  // namespace tg::admin
