// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "identity/members.h"
#include "identity/roles.h"

// Which roles people and groups have, in an organization or in one of its projects. Each member of
// either has one predefined role there (members.h, project_members.h), and any custom ones beside
// it; in a project a group may have predefined ones too.
//
// Threading:  any control thread.
// Errors:     kNotFound: no such assignment, or the principal does not belong to the place;
//             kConflict: it is assigned already, or comes through a group.
namespace tg::identity {

struct HeldRole {
  Role role;
  bool is_direct = false;
};

// What a user has: their predefined role first, then as they were first assigned. No predefined
// one for someone who does not belong to the place.
[[nodiscard]] Result<std::vector<HeldRole>> roles_of_user(store::Database& database,
                                                          const RolePlace& place,
                                                          const UserId& user_id);
[[nodiscard]] Result<std::vector<HeldRole>> roles_of_group(store::Database& database,
                                                           const RolePlace& place,
                                                           const GroupId& group_id);

// One as it is shown; many of them are in pages.h.
struct AssignedRole {
  Role role;
  bool is_direct = false;
  std::vector<GroupId> through;  // the groups by which a user has it: of 1,000, that many at most
  std::optional<Member> maker;   // of a custom one, while they belong to the organization
};
[[nodiscard]] Result<AssignedRole> find_user_role(store::Database& database, const RolePlace& place,
                                                  const UserId& user_id, const RoleId& role_id);
[[nodiscard]] Result<AssignedRole> find_group_role(store::Database& database,
                                                   const RolePlace& place, const GroupId& group_id,
                                                   const RoleId& role_id);

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
