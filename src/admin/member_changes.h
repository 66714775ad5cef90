// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "admin/operation_context.h"
#include "identity/departure.h"
#include "identity/project_members.h"
#include "identity/roles.h"

// Changes of who somebody is in an organization or a project, with what the caller must have for
// them: nobody makes another more than they are, nor changes or removes who is more than they.
//
// Threading:  with `changes` held.
// Errors:     kScopeMissing or kForbidden; kConflict as members.h and departure.h say.
namespace tg::admin {

[[nodiscard]] ApiResult<identity::Member> change_member_role(OperationContext& context,
                                                             const Caller& caller,
                                                             const identity::Member& member,
                                                             const std::string& role);
[[nodiscard]] ApiResult<identity::ProjectMember> change_project_member_role(
    OperationContext& context, const Caller& caller, const identity::ProjectMember& member,
    const std::string& role);

// A role beside the predefined one, to a user or a group of the place; kConflict if they have it.
[[nodiscard]] ApiResult<void> give_role(OperationContext& context, const Caller& caller,
                                        const identity::RolePlace& place,
                                        const std::string& principal_id,
                                        const identity::Role& role);

[[nodiscard]] ApiResult<void> remove_from_organization(OperationContext& context,
                                                       const Caller& caller,
                                                       const identity::Member& member);

}  // namespace tg::admin
