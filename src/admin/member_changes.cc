// SPDX-License-Identifier: Apache-2.0
#include "admin/member_changes.h"

#include "admin/authorization.h"
#include "admin/people_json.h"

namespace tg::admin {
namespace {

// All that somebody may do in the organization.
ApiResult<PermissionSet> permissions_of_member(OperationContext& context,
                                               const identity::Member& member) {
  TG_API_TRY(const auto roles,
             identity::roles_of_user(context.database, {.organization_id = member.organization_id},
                                     member.id));
  return permissions_of(roles);
}

}  // namespace

ApiResult<identity::Member> change_member_role(OperationContext& context, const Caller& caller,
                                               const identity::Member& member,
                                               const std::string& role) {
  if (role == member.role) return member;
  TG_TRY(const auto theirs, permissions_of_member(context, member));
  TG_TRY_DONE(check_may_manage(caller, theirs));
  TG_TRY_DONE(check_may_give(caller, permissions_of_role(role), "role"));
  auto changed = identity::set_member_role(context.database, member.organization_id, member.id,
                                           role, caller.actor);
  if (!changed) return std::unexpected(to_api_error(changed.error(), "role"));
  return *std::move(changed);
}

ApiResult<identity::ProjectMember> change_project_member_role(OperationContext& context,
                                                              const Caller& caller,
                                                              const identity::ProjectMember& member,
                                                              const std::string& role) {
  if (role == member.role) return member;
  TG_TRY_DONE(check_may_manage(caller, permissions_of_role(member.role, RoleScope::kProject)));
  TG_TRY_DONE(check_may_give(caller, permissions_of_role(role, RoleScope::kProject), "role"));
  auto changed = identity::set_project_member_role(context.database, member.project_id,
                                                   member.user_id, role, caller.actor);
  if (!changed) return std::unexpected(to_api_error(changed.error(), "role"));
  return *std::move(changed);
}

ApiResult<void> give_role(OperationContext& context, const Caller& caller,
                          const identity::RolePlace& place, const std::string& principal_id,
                          const identity::Role& role) {
  TG_TRY_DONE(check_may_give(caller, permissions_of(role), "role_id"));
  const auto given =
      identity::assign_role(context.database, place, principal_id, role, caller.actor);
  if (!given) return std::unexpected(to_api_error(given.error(), "role_id"));
  return {};
}

ApiResult<void> remove_from_organization(OperationContext& context, const Caller& caller,
                                         const identity::Member& member) {
  TG_TRY(const auto theirs, permissions_of_member(context, member));
  TG_TRY_DONE(check_may_manage(caller, theirs));
  TG_API_TRY(const auto departed, identity::remove_member(context.database, member.organization_id,
                                                          member.id, caller.user_id, caller.actor));
  tell_live_of_revoked(context, departed.revoked);
  return {};
}

}  // namespace tg::admin
