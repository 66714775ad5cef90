// SPDX-License-Identifier: Apache-2.0
#include "admin/authorization.h"

#include <fmt/format.h>

#include <algorithm>

#include "identity/project_groups.h"

namespace tg::admin {
namespace {

// What the caller lacks of `wanted`: for people, the first of it.
std::string first_lacking(const Caller& caller, const PermissionSet& wanted) {
  for (const auto& text : names(wanted)) {
    if (!caller.permissions.has(*parse_permission(text))) return text;
  }
  return {};
}

}  // namespace

PermissionSet permissions_of(const identity::Role& role) {
  const auto scope = role.place.project_id.empty() ? RoleScope::kOrganization : RoleScope::kProject;
  if (role.is_predefined) return permissions_of_role(role.name, scope);
  PermissionSet set;
  for (const auto& text : role.permissions) {
    // A permission that an older Tollgate knew gives nothing.
    if (const auto permission = parse_permission(text)) set.add(*permission);
  }
  return set;
}

PermissionSet permissions_of(const std::vector<identity::HeldRole>& roles) {
  PermissionSet set;
  for (const auto& assigned : roles) set.add(permissions_of(assigned.role));
  return set;
}

Result<Caller> make_caller(store::Database& database, Person person) {
  TG_TRY(const auto roles,
         identity::roles_of_user(database, {.organization_id = person.organization_id},
                                 person.user_id));
  const bool is_member = std::ranges::any_of(roles, [](const auto& assigned) {
    return assigned.role.is_predefined && assigned.is_direct;
  });
  if (!is_member) return fail(Code::kNotFound, "there is no such user in this organization");
  Caller caller{.actor = std::move(person.actor),
                .user_id = std::move(person.user_id),
                .organization_id = std::move(person.organization_id),
                .is_operator = person.is_operator,
                .permissions = permissions_of(roles)};
  caller.is_owner = caller.permissions.covers(permissions_of_role("owner"));
  if (caller.is_operator) caller.permissions.add(permissions_of_operator());
  return caller;
}

Result<PermissionSet> permissions_in_project(store::Database& database, const Caller& caller,
                                             const ProjectId& project_id) {
  auto permissions = caller.permissions;
  if (caller.is_owner) return permissions;
  TG_TRY(const auto roles,
         identity::roles_of_user(
             database, {.organization_id = caller.organization_id, .project_id = project_id},
             caller.user_id));
  permissions.add(permissions_of(roles));
  return permissions;
}

Result<bool> reaches_project(store::Database& database, const Caller& caller,
                             const ProjectId& project_id) {
  if (caller.is_owner) return true;
  return identity::reaches_project(database, project_id, caller.user_id);
}

bool is_in_project(std::string_view route_path) noexcept {
  return route_path.starts_with("organization/projects/{}") ||
         route_path.starts_with("projects/{}") || route_path.starts_with("tollgate/projects/{}");
}

std::unexpected<ApiError> refuse_by_kind(const Caller& caller, std::string message,
                                         std::string_view field) {
  const bool is_key = caller.actor.kind == identity::ActorKind::kKey;
  return refuse(is_key ? Code::kScopeMissing : Code::kForbidden, std::move(message),
                std::string{field});
}

ApiResult<void> check_allowed(const Caller& caller, Permission needed) {
  if (caller.permissions.has(needed)) return {};
  if (caller.is_data_key) {
    return refuse(Code::kKeyWrongKind,
                  "This is no admin key; the Admin API takes no other. An owner creates one in the "
                  "console, or by 'tollgate keys create --kind admin'.");
  }
  if (needed.resource == Resource::kSelf) {
    return refuse(Code::kKeyMissing,
                  "This is what a key asks about itself: send 'Authorization: Bearer sk-tg-…'.");
  }
  if (caller.actor.kind == identity::ActorKind::kKey) {
    return refuse(Code::kScopeMissing,
                  fmt::format("You have insufficient permissions for this operation. Missing "
                              "scopes: {}. The key's owner needs another role.",
                              name(needed)));
  }
  return refuse(Code::kForbidden,
                fmt::format("Your role does not allow this; it would need '{}'. Ask an owner of "
                            "the organization.",
                            name(needed)));
}

ApiResult<void> check_may_give(const Caller& caller, const PermissionSet& given,
                               std::string_view field) {
  if (caller.permissions.covers(given)) return {};
  return refuse_by_kind(caller,
                        fmt::format("Nobody can hand out more than they have; you lack '{}'. Ask "
                                    "an owner of the organization.",
                                    first_lacking(caller, given)),
                        field);
}

ApiResult<void> check_may_manage(const Caller& caller, const PermissionSet& theirs) {
  if (caller.permissions.covers(theirs)) return {};
  return refuse_by_kind(
      caller, fmt::format("This person has more permissions than you; you lack '{}'. Ask an owner "
                          "of the organization.",
                          first_lacking(caller, theirs)));
}

}  // namespace tg::admin
