// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "identity/audit.h"
#include "store/database.h"

// Service accounts: who calls where no person does. Each belongs to a project and may have many
// keys. Whoever made it owns it, until they leave the organization and another does.
//
// Threading:  any control thread.
// Limits:     names as is_display_name() in people.h.
// Errors:     kNotFound (deleted ones too), kFieldInvalid, kConflict (an archived project).
namespace tg::identity {

struct ServiceAccount {
  ServiceAccountId id;
  ProjectId project_id;
  OrganizationId organization_id;
  std::string name;
  UserId owner_id;
  WallTime created_at;
};

[[nodiscard]] Result<ServiceAccount> create_service_account(
    store::Database& database, const ProjectId& project_id, const std::string& name,
    const UserId& owner_id, const Actor& actor, WallTime now = wall_now());
[[nodiscard]] Result<ServiceAccount> find_service_account(store::Database& database,
                                                          const ServiceAccountId& id);
// All in the organization that somebody owns.
[[nodiscard]] Result<std::vector<ServiceAccount>> list_service_accounts_of(
    store::Database& database, const OrganizationId& organization_id, const UserId& owner_id);
[[nodiscard]] Result<ServiceAccount> rename_service_account(store::Database& database,
                                                            const ServiceAccountId& id,
                                                            const std::string& name,
                                                            const Actor& actor,
                                                            WallTime now = wall_now());
// With its keys: those that were alive.
[[nodiscard]] Result<std::vector<KeyId>> delete_service_account(store::Database& database,
                                                                const ServiceAccountId& id,
                                                                const Actor& actor,
                                                                WallTime now = wall_now());

}  // namespace tg::identity
