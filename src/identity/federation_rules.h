// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "identity/audit.h"
#include "keys/key_table.h"
#include "oidc/jwt.h"
#include "store/database.h"

// Which of an issuer's tokens open which service account. Each rule has a key of that account, with
// limits and usage as any key has; its secret is known to nobody, and it is opened by access tokens
// only (federation_tokens.h).
//
// Threading:  any control thread.
// Limits:     50 of a provider, as at OpenAI.
// Errors:     kNotFound (also where its service account was deleted), kConflict (there are 50).
namespace tg::identity {

inline constexpr int kFederationRulesMax = 50;

struct FederationRule {
  std::string id;
  std::string provider_id;
  OrganizationId organization_id;
  ProjectId project_id;
  ServiceAccountId service_account_id;
  KeyId key_id;
  std::string name;         // empty: none
  std::string description;  // empty: none
  bool enabled = true;
  oidc::Json matchers;                               // an attribute's value each
  std::optional<std::vector<std::string>> scopes{};  // none: what the service account may
  std::int64_t generation = 1;
  WallTime created_at{};
  WallTime updated_at{};
};

// How many rules the provider may still get.
[[nodiscard]] Result<void> check_room_for_rule(store::Database& database,
                                               const std::string& provider_id);
// Without id, generation and times. Its key has been made.
[[nodiscard]] Result<FederationRule> create_federation_rule(store::Database& database,
                                                            FederationRule rule, const Actor& actor,
                                                            WallTime now = wall_now());
[[nodiscard]] Result<FederationRule> find_federation_rule(store::Database& database,
                                                          const std::string& provider_id,
                                                          const std::string& id);
// By age.
[[nodiscard]] Result<std::vector<FederationRule>> list_federation_rules(
    store::Database& database, const std::string& provider_id);

struct ChangedFederationRule {
  FederationRule rule;
  std::vector<keys::KeyRecord> ended;  // its key, where its access tokens have ended
};
// To what `rule` says. Whatever else than its name and description changes, its access tokens end.
[[nodiscard]] Result<ChangedFederationRule> update_federation_rule(store::Database& database,
                                                                   FederationRule rule,
                                                                   const Actor& actor,
                                                                   WallTime now = wall_now());
// Its key is revoked: named if it was alive.
[[nodiscard]] Result<std::vector<KeyId>> delete_federation_rule(store::Database& database,
                                                                const FederationRule& rule,
                                                                const Actor& actor,
                                                                WallTime now = wall_now());

// Whether the key is a rule's: it has no secret of its own to rotate, and no children, which would
// outlive the tokens.
[[nodiscard]] Result<bool> is_key_of_rule(store::Database& database, const KeyId& id);

}  // namespace tg::identity
