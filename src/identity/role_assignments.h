// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "identity/roles.h"

// Which roles people and groups have, in an organization or in one of its projects. Each member of
// either has one predefined role there (members.h, project_members.h), and any custom ones beside
// it; in a project a group may have predefined ones too.
//
// Threading:  any control thread.
// Errors:     kNotFound: no such assignment, or the principal does not belong to the place;
//             kConflict: it is assigned already, or comes through a group.
namespace tg::identity {

struct AssignedRole {
  Role role;
  bool is_direct = false;
  std::vector<GroupId> through;  // the groups by which a user has it
};

// What a user has: their predefined role first, then as they were assigned. Nothing for someone who
// does not belong to the organization.
[[nodiscard]] Result<std::vector<AssignedRole>> roles_of_user(store::Database& database,
                                                              const RolePlace& place,
                                                              const UserId& user_id);
[[nodiscard]] Result<std::vector<AssignedRole>> roles_of_group(store::Database& database,
                                                               const RolePlace& place,
                                                               const GroupId& group_id);

// Where a group has roles.
[[nodiscard]] Result<std::vector<RolePlace>> places_of_group(store::Database& database,
                                                             const GroupId& group_id);

// `principal_id` is a user's or a group's, which belongs to the place. A user's predefined role is
// set where their membership is.
[[nodiscard]] Result<void> assign_role(store::Database& database, const RolePlace& place,
                                       const std::string& principal_id, const Role& role,
                                       const Actor& actor, WallTime now = wall_now());
// Inside a Database::write().
[[nodiscard]] Result<void> assign_role(soci::session& session, const RolePlace& place,
                                       const std::string& principal_id, const Role& role,
                                       const Actor& actor, WallTime now);
[[nodiscard]] Result<void> unassign_role(store::Database& database, const RolePlace& place,
                                         const std::string& principal_id, const RoleId& role_id,
                                         const Actor& actor, WallTime now = wall_now());

}  // namespace tg::identity
