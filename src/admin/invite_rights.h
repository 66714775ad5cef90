// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "admin/operation_context.h"
#include "identity/invites.h"

// Who may invite, and to what. Asked when an invitation is made and again when it is accepted: it
// ends with the rights of whoever made it.
//
// Threading:  any control thread; for an acceptance under `context.changes`.
namespace tg::admin {

// Nobody invites to a role that gives more than they have themselves.
[[nodiscard]] ApiResult<void> check_may_invite(
    store::Database& database, const Caller& inviter, std::string_view role,
    const std::vector<identity::JoinedProject>& projects);
// kForbidden where whoever made it could not make it any more.
[[nodiscard]] ApiResult<void> check_may_still_invite(store::Database& database,
                                                     const identity::Invite& invite);

}  // namespace tg::admin
