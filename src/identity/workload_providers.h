// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "identity/audit.h"
#include "keys/key_table.h"
#include "oidc/attributes.h"
#include "store/database.h"

// Issuers of identities that an organization trusts: a CI's, a cluster's. What their tokens open,
// rules say (federation_rules.h).
//
// Threading:  any control thread.
// Limits:     50 of an organization, as at OpenAI.
// Errors:     kNotFound, kConflict (there are 50).
namespace tg::identity {

inline constexpr int kWorkloadProvidersMax = 50;

struct WorkloadProvider {
  std::string id;
  OrganizationId organization_id;
  std::string name;
  std::string description;
  std::string issuer;
  std::string audience;
  bool enabled = true;
  std::vector<oidc::Transformation> transformations{};
  std::string discovery_url{};  // empty: below the issuer's
  std::string jwks{};           // a key set that was uploaded; empty: the issuer is asked
  bool may_be_private = false;  // an operator named it
  WallTime created_at{};
  WallTime updated_at{};
};

// Without id and times.
[[nodiscard]] Result<WorkloadProvider> create_workload_provider(store::Database& database,
                                                                WorkloadProvider provider,
                                                                const Actor& actor,
                                                                WallTime now = wall_now());
[[nodiscard]] Result<WorkloadProvider> find_workload_provider(store::Database& database,
                                                              const std::string& id);
// By age.
[[nodiscard]] Result<std::vector<WorkloadProvider>> list_workload_providers(
    store::Database& database, const OrganizationId& organization_id);

struct ChangedWorkloadProvider {
  WorkloadProvider provider;
  std::vector<keys::KeyRecord> ended;  // keys whose access tokens have ended with the change
};
// To what `provider` says. Whatever else than its name and description changes, all access tokens
// that it led to end.
[[nodiscard]] Result<ChangedWorkloadProvider> update_workload_provider(store::Database& database,
                                                                       WorkloadProvider provider,
                                                                       const Actor& actor,
                                                                       WallTime now = wall_now());
// With its rules, whose keys are revoked: those that were alive.
[[nodiscard]] Result<std::vector<KeyId>> delete_workload_provider(store::Database& database,
                                                                  const std::string& id,
                                                                  const Actor& actor,
                                                                  WallTime now = wall_now());

}  // namespace tg::identity
