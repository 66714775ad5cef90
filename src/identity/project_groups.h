// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "identity/groups.h"
#include "identity/projects.h"
#include "identity/roles.h"

// Groups that work in a project: each of their people reaches it, with the group's roles there.
//
// Threading:  any control thread; the caller tells the live state of the keys that end.
// Errors:     kNotFound: no such group in the project; kConflict: it is there already, or the
//             project is archived.
namespace tg::identity {

struct ProjectGroup {
  ProjectId project_id;
  Group group;
  WallTime added_at;
};

[[nodiscard]] Result<ProjectGroup> find_project_group(store::Database& database,
                                                      const ProjectId& project_id,
                                                      const GroupId& group_id);
// `role` is one of the project's.
[[nodiscard]] Result<ProjectGroup> add_project_group(store::Database& database,
                                                     const Project& project, const Group& group,
                                                     const Role& role, const Actor& actor,
                                                     WallTime now = wall_now());
// With the roles that it has there.
[[nodiscard]] Result<std::vector<KeyId>> remove_project_group(store::Database& database,
                                                              const Project& project,
                                                              const GroupId& group_id,
                                                              const Actor& actor,
                                                              WallTime now = wall_now());

// Whether somebody is in the project, as a member or by one of its groups.
[[nodiscard]] Result<bool> reaches_project(store::Database& database, const ProjectId& project_id,
                                           const UserId& user_id);

}  // namespace tg::identity
