// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "identity/audit.h"
#include "keys/key_rules.h"
#include "store/database.h"

// The models that a project may use: an allow-list, a deny-list, or nothing said (all).
//
// Threading:  any control thread.
// Limits:     1,000 models; names ≤ 128 bytes, a '*' only at the end.
// Errors:     kNotFound (the project), kFieldInvalid, kConflict (it is archived).
namespace tg::identity {

struct ProjectModels {
  ProjectId project_id;
  OrganizationId organization_id;
  std::shared_ptr<const keys::ModelRules> rules;
};

[[nodiscard]] Result<std::optional<keys::ModelRules>> find_project_models(store::Database& database,
                                                                          const ProjectId& id);
// Nothing: all models. `organization_id` is the project's, for the audit log.
[[nodiscard]] Result<void> set_project_models(store::Database& database, const ProjectId& id,
                                              const OrganizationId& organization_id,
                                              const std::optional<keys::ModelRules>& models,
                                              const Actor& actor, WallTime now = wall_now());
[[nodiscard]] Result<std::vector<ProjectModels>> load_project_models(store::Database& database);

}  // namespace tg::identity
