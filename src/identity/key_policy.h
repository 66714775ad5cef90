// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/money.h"
#include "base/result.h"
#include "identity/audit.h"
#include "keys/key_format.h"
#include "limits/rule.h"
#include "store/database.h"

// What a project's owners ask of every new key in it.
//
// Threading:  any control thread.
// Limits:     1 to 10,000 keys a member; a lifetime of a minute to a year.
// Errors:     kFieldInvalid.
namespace tg::identity {

struct KeyPolicy {
  // Alive at once, of one member in this project. Owners may always make one more.
  std::optional<int> keys_per_member_max{};
  // Those that members may make; none: all.
  std::vector<keys::KeyKind> member_kinds{};
  // A key without an expiry gets this one.
  std::optional<std::chrono::seconds> lifetime_max{};
  // Set on each new key.
  struct DefaultLimit {
    NanoUsd amount;
    limits::Period per = limits::Period::kMonth;
    friend bool operator==(const DefaultLimit&, const DefaultLimit&) = default;
  };
  std::optional<DefaultLimit> default_limit{};

  friend bool operator==(const KeyPolicy&, const KeyPolicy&) = default;
};

// A project of which nothing was said asks nothing.
[[nodiscard]] Result<KeyPolicy> find_key_policy(store::Database& database, const ProjectId& id);
[[nodiscard]] Result<void> set_key_policy(store::Database& database, const ProjectId& id,
                                          const OrganizationId& organization_id,
                                          const KeyPolicy& policy, const Actor& actor,
                                          WallTime now = wall_now());
[[nodiscard]] Result<int> count_keys_of_member(store::Database& database, const ProjectId& id,
                                               const UserId& user_id);

}  // namespace tg::identity
