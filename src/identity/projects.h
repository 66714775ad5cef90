// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "identity/audit.h"
#include "store/database.h"

// Projects: where keys live and charges are added up. Each organization has one by default. Lists
// of them: pages.h.
//
// Threading:  any control thread.
// Limits:     names as is_display_name() in people.h.
// Errors:     kNotFound, kFieldInvalid, kConflict (the default project cannot be archived; an
//             archived one cannot be changed).
namespace tg::identity {

struct Project {
  ProjectId id;
  std::string name;
  OrganizationId organization_id;
  bool is_default = false;
  WallTime created_at;
  std::optional<WallTime> archived_at;
};

[[nodiscard]] Result<Project> default_project(store::Database& database,
                                              const OrganizationId& organization_id);
[[nodiscard]] Result<Project> find_project(store::Database& database, const ProjectId& id);

// Whoever makes it owns it, as a member of it; nobody where `owner_id` is empty.
[[nodiscard]] Result<Project> create_project(store::Database& database,
                                             const OrganizationId& organization_id,
                                             const std::string& name, const UserId& owner_id,
                                             const Actor& actor, WallTime now = wall_now());
[[nodiscard]] Result<Project> rename_project(store::Database& database, const ProjectId& id,
                                             const std::string& name, const Actor& actor,
                                             WallTime now = wall_now());

struct ArchivedProject {
  Project project;
  std::vector<KeyId> revoked;  // its keys that were alive
};
// For good, as at OpenAI. One that was archived before stays as it is.
[[nodiscard]] Result<ArchivedProject> archive_project(store::Database& database,
                                                      const ProjectId& id, const Actor& actor,
                                                      WallTime now = wall_now());

}  // namespace tg::identity
