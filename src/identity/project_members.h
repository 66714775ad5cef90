// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "identity/members.h"
#include "identity/projects.h"

// Who works in a project: people of its organization, as its owner or as a member.
//
// Threading:  any control thread.
// Errors:     kNotFound: no such user in the project, or in the organization; kConflict: they are
// in
//             it already, or it is archived; kFieldInvalid: another role than owner or member.
namespace tg::identity {

struct ProjectMember {
  ProjectId project_id;
  OrganizationId organization_id;
  UserId user_id;
  std::string email;
  std::string name;
  std::string role;  // "owner" or "member"
  WallTime added_at;
};

[[nodiscard]] Result<ProjectMember> find_project_member(store::Database& database,
                                                        const ProjectId& project_id,
                                                        const UserId& user_id);

[[nodiscard]] Result<ProjectMember> add_project_member(store::Database& database,
                                                       const ProjectId& project_id,
                                                       const UserId& user_id,
                                                       const std::string& role, const Actor& actor,
                                                       WallTime now = wall_now());
// Inside a Database::write().
[[nodiscard]] Result<void> add_project_member(soci::session& session,
                                              const OrganizationId& organization_id,
                                              const ProjectRole& project, const UserId& user_id,
                                              const Actor& actor, WallTime now);

[[nodiscard]] Result<ProjectMember> set_project_member_role(
    store::Database& database, const ProjectId& project_id, const UserId& user_id,
    const std::string& role, const Actor& actor, WallTime now = wall_now());
// With their roles and keys in it: the keys that were alive.
[[nodiscard]] Result<std::vector<KeyId>> remove_project_member(store::Database& database,
                                                               const ProjectId& project_id,
                                                               const UserId& user_id,
                                                               const Actor& actor,
                                                               WallTime now = wall_now());

struct ProjectOfMember {
  ProjectId id;
  std::string name;
  std::string role;
};
// Inside a transaction: where somebody works, archived projects too.
[[nodiscard]] std::vector<ProjectOfMember> projects_of_member(soci::session& session,
                                                              const OrganizationId& organization_id,
                                                              const UserId& user_id);

}  // namespace tg::identity
