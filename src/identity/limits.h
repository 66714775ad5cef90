// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "identity/audit.h"
#include "limits/rule.h"
#include "store/database.h"

// The limits that stand in the database: any number of them on a key, user, service account,
// project or organization.
//
// Threading:  any control thread.
// Limits:     at most kLimitsMax on one target; an amount is 0 or more; a model only on a project.
// Errors:     kNotFound: there is no such target, or no such limit. kFieldInvalid.
namespace tg::identity {

enum class LimitScope : std::uint8_t { kKey, kUser, kServiceAccount, kProject, kOrganization };
// "key", "user", "service_account", "project", "organization"
[[nodiscard]] std::string_view name(LimitScope scope) noexcept;
[[nodiscard]] std::optional<LimitScope> parse_limit_scope(std::string_view name) noexcept;

// More on one target would make each of its calls slower than is sensible.
inline constexpr std::size_t kLimitsMax = 16;

struct LimitRecord {
  LimitScope scope = LimitScope::kKey;
  std::string target_id;
  std::string organization_id;
  limits::Rule rule;
  // By an owner of the organization: nobody else may widen or remove it.
  bool set_by_owner = true;
};

struct LimitChange {
  LimitRecord record;
  bool added = false;  // else one with the same metric, period, window, zone and model was changed
};

// Whether setting one changes the other: same target, metric, period, window, zone and model.
[[nodiscard]] bool is_same_limit(const LimitRecord& a, const LimitRecord& b);

// A target as people know it. Of a user's organizations: the one that is named, else the one that
// they joined first.
struct LimitTarget {
  std::string organization_id;
  std::string name;
};
// kNotFound where the organization is named and the target is not in it.
[[nodiscard]] Result<LimitTarget> find_limit_target(store::Database& database, LimitScope scope,
                                                    const std::string& id,
                                                    const std::string& organization_id = {});

// The names of these limits' targets, in their order; "" where a target is no longer there.
[[nodiscard]] Result<std::vector<std::string>> target_names(store::Database& database,
                                                            const std::vector<LimitRecord>& of);

// Sets what `wanted` says; its id is filled in, and its organization where it names none. The same
// limit keeps its id. kConflict: another organization of the same user has set it.
[[nodiscard]] Result<LimitChange> set_limit(store::Database& database, LimitRecord wanted,
                                            const Actor& actor, WallTime now = wall_now());
// What was removed.
[[nodiscard]] Result<LimitRecord> remove_limit(store::Database& database,
                                               const std::string& limit_id, const Actor& actor,
                                               WallTime now = wall_now());
[[nodiscard]] Result<LimitRecord> find_limit(store::Database& database,
                                             const std::string& limit_id);

// Which limits; what is empty restricts nothing.
struct LimitFilter {
  std::string organization_id{};
  std::vector<std::string> target_ids{};
};
[[nodiscard]] Result<std::vector<LimitRecord>> list_limits(store::Database& database,
                                                           const LimitFilter& filter = {});

}  // namespace tg::identity
