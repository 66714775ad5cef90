// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "admin/api_handlers.h"
#include "identity/departure.h"
#include "identity/project_groups.h"
#include "identity/role_assignments.h"

// People, groups and roles as OpenAI's schemas have them, and how the caller's requests find them:
// ids of other organizations are not found.
//
// Threading:  any control thread.
namespace tg::admin {

[[nodiscard]] Json to_json(const identity::Member& member);  // User
[[nodiscard]] Json to_json(const identity::ProjectMember& member);
[[nodiscard]] Json to_json(const identity::Role& role);
[[nodiscard]] Json to_json(const identity::ProjectGroup& group);
// Group, inside an assignment.
[[nodiscard]] Json to_assigned_group(const identity::Group& group);
[[nodiscard]] Json to_json(const identity::Departure& departure);

[[nodiscard]] ApiResult<identity::Member> find_member_of(OperationContext& context,
                                                         const OrganizationId& organization_id,
                                                         const std::string& id);
[[nodiscard]] ApiResult<identity::Group> find_group_of(OperationContext& context,
                                                       const Caller& caller, const std::string& id);
[[nodiscard]] ApiResult<identity::ProjectMember> find_project_member_of(
    OperationContext& context, const identity::Project& project, const std::string& id);
[[nodiscard]] ApiResult<identity::ProjectGroup> find_project_group_of(
    OperationContext& context, const identity::Project& project, const std::string& id);
[[nodiscard]] ApiResult<identity::Role> find_role_of(OperationContext& context,
                                                     const identity::RolePlace& place,
                                                     const std::string& id);

[[nodiscard]] identity::RolePlace place_of(const Caller& caller);
[[nodiscard]] identity::RolePlace place_of(const identity::Project& project);

}  // namespace tg::admin
