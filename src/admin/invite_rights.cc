// SPDX-License-Identifier: Apache-2.0
#include "admin/invite_rights.h"

#include "admin/authorization.h"

namespace tg::admin {
namespace {

bool may_invite(const Caller& inviter) {
  return inviter.permissions.has({Resource::kInvites, Access::kWrite});
}

std::unexpected<ApiError> dead_link() {
  return refuse(Code::kForbidden,
                "Whoever sent this invitation may not invite any more; ask for a new one.",
                "token");
}

}  // namespace

ApiResult<void> check_may_invite(store::Database& database, const Caller& inviter,
                                 std::string_view role,
                                 const std::vector<identity::JoinedProject>& projects) {
  TG_TRY_DONE(check_may_give(inviter, permissions_of_role(role), "role"));
  for (const auto& project : projects) {
    auto there = inviter;
    TG_API_TRY(there.permissions, permissions_in_project(database, inviter, project.id));
    TG_TRY_DONE(
        check_may_give(there, permissions_of_role(project.role, RoleScope::kProject), "projects"));
  }
  return {};
}

ApiResult<void> check_may_still_invite(store::Database& database, const identity::Invite& invite) {
  const auto inviter = make_caller(
      database,
      {.actor = {}, .user_id = invite.inviter_id, .organization_id = invite.organization_id});
  if (!inviter && inviter.error().code == Code::kNotFound) return dead_link();
  if (!inviter) return std::unexpected(to_api_error(inviter.error()));
  const auto allowed = check_may_invite(database, *inviter, invite.role, invite.projects);
  if (!may_invite(*inviter) || !allowed) return dead_link();
  return {};
}

}  // namespace tg::admin
