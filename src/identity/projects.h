// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "store/database.h"

// Projects: where keys live and charges are added up. Each organization has one by default.
//
// Threading:  any control thread.
// Errors:     kNotFound.
namespace tg::identity {

struct Project {
  ProjectId id;
  std::string name;
  OrganizationId organization_id;
  bool is_default = false;
  WallTime created_at;
};

[[nodiscard]] Result<Project> default_project(store::Database& database,
                                              const OrganizationId& organization_id);
[[nodiscard]] Result<Project> find_project(store::Database& database, const ProjectId& id);
// The default first, then by age.
[[nodiscard]] Result<std::vector<Project>> list_projects(store::Database& database,
                                                         const OrganizationId& organization_id);

}  // namespace tg::identity
