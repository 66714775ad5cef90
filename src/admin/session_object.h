// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "admin/operation_context.h"
#include "identity/people.h"

// What a signed-in browser is told of itself: who it is, where it works, what it may switch to, and
// the CSRF token that its changes must carry.
//
// Threading:  any control thread.
namespace tg::admin {

[[nodiscard]] ApiResult<Json> session_object(OperationContext& context, const identity::User& user,
                                             std::string_view session_token);

}  // namespace tg::admin
