// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "admin/api_error.h"
#include "admin/operations.h"
#include "admin/permissions.h"
#include "identity/role_assignments.h"

// Who may do what: the only place that decides it. A person's permissions are what all of their
// roles give together, the predefined one, custom ones of their own and those of their groups; in a
// project, also what their roles in that project give. They are looked up for each request, so that
// a role that was taken away is gone at once, for sessions and admin keys alike.
//
// Threading:  any control thread.
// Errors:     kScopeMissing for a key, kForbidden for a session.
namespace tg::admin {

[[nodiscard]] PermissionSet permissions_of(const identity::Role& role);
[[nodiscard]] PermissionSet permissions_of(const std::vector<identity::HeldRole>& roles);

// A person acting in an organization; kNotFound for someone who does not belong to it.
struct Person {
  identity::Actor actor;
  UserId user_id;
  OrganizationId organization_id;
  bool is_operator = false;
};
[[nodiscard]] Result<Caller> make_caller(store::Database& database, Person person);

// What the caller may do within a project: what they may anyway, and by their roles there. Of a
// project of another organization, nothing more.
[[nodiscard]] Result<PermissionSet> permissions_in_project(store::Database& database,
                                                           const Caller& caller,
                                                           const ProjectId& project_id);

// Whether the caller is in the project, as a member or by a group, or owns the organization.
[[nodiscard]] Result<bool> reaches_project(store::Database& database, const Caller& caller,
                                           const ProjectId& project_id);

// Whether the first id in a route's path is a project's.
[[nodiscard]] bool is_in_project(std::string_view route_path) noexcept;

// With the code that says to a program or to a person that they may not.
[[nodiscard]] std::unexpected<ApiError> refuse_by_kind(const Caller& caller, std::string message,
                                                       std::string_view field = {});
[[nodiscard]] ApiResult<void> check_allowed(const Caller& caller, Permission needed);

// Nobody hands out what they lack, nor changes or removes a person who has more than they.
[[nodiscard]] ApiResult<void> check_may_give(const Caller& caller, const PermissionSet& given,
                                             std::string_view field);
[[nodiscard]] ApiResult<void> check_may_manage(const Caller& caller, const PermissionSet& theirs);

}  // namespace tg::admin
