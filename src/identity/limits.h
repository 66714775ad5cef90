// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/money.h"
#include "base/result.h"
#include "identity/audit.h"
#include "store/database.h"

// How much a key, a project or an organization may spend, in total.
//
// Threading:  any control thread.
// Limits:     an amount is 0 or more.
// Errors:     kNotFound: there is no such key, project or organization. kFieldInvalid.
namespace tg::identity {

enum class LimitScope : std::uint8_t { kKey, kProject, kOrganization };
[[nodiscard]] std::string_view name(LimitScope scope) noexcept;  // "key", "project", "organization"
[[nodiscard]] std::optional<LimitScope> parse_limit_scope(std::string_view name) noexcept;

struct LimitRecord {
  LimitScope scope = LimitScope::kKey;
  std::string id;
  NanoUsd amount;
};

// Without an amount the limit is removed.
[[nodiscard]] Result<void> set_limit(store::Database& database, LimitScope scope,
                                     const std::string& id, std::optional<NanoUsd> amount,
                                     const Actor& actor, WallTime now = wall_now());
[[nodiscard]] Result<std::vector<LimitRecord>> list_limits(store::Database& database);

}  // namespace tg::identity
