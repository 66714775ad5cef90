// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "identity/audit.h"
#include "keys/call_rules.h"
#include "store/database.h"

// What projects allow their calls and what organizations keep of them, as it stands in the database
// (keys/call_rules.h says what it is).
//
// Threading:  any control thread.
// Errors:     kFieldInvalid (a default tier that is not enabled), kCorrupt: what cannot be read
//             must not become nothing; kDatabase.
namespace tg::identity {

// Names as OpenAI's Admin API has them, for both directions.
template <typename Value>
struct Named {
  std::string_view name;
  Value value;
};
inline constexpr Named<keys::HostedTool> kHostedToolNames[] = {
    {"file_search", keys::HostedTool::kFileSearch},
    {"web_search", keys::HostedTool::kWebSearch},
    {"image_generation", keys::HostedTool::kImageGeneration},
    {"mcp", keys::HostedTool::kMcp},
    {"code_interpreter", keys::HostedTool::kCodeInterpreter},
};
inline constexpr Named<keys::OptionalTier> kOptionalTierNames[] = {
    {"flex", keys::OptionalTier::kFlex},
    {"fast", keys::OptionalTier::kFast},
    {"ultrafast", keys::OptionalTier::kUltrafast},
};
inline constexpr Named<keys::DefaultTier> kDefaultTierNames[] = {
    {"standard", keys::DefaultTier::kStandard},
    {"fast", keys::DefaultTier::kFast},
    {"scale", keys::DefaultTier::kScale},
};
inline constexpr Named<keys::Retention> kRetentionNames[] = {
    {"organization_default", keys::Retention::kOrganizationDefault},
    {"none", keys::Retention::kNone},
    {"modified_abuse_monitoring", keys::Retention::kModifiedAbuseMonitoring},
    {"enhanced_modified_abuse_monitoring", keys::Retention::kEnhancedModifiedAbuseMonitoring},
    {"zero_data_retention", keys::Retention::kZero},
    {"enhanced_zero_data_retention", keys::Retention::kEnhancedZero},
};

template <typename Value, std::size_t kCount>
[[nodiscard]] constexpr std::optional<Value> value_named(const Named<Value> (&names)[kCount],
                                                         std::string_view name) noexcept {
  for (const auto& each : names) {
    if (each.name == name) return each.value;
  }
  return std::nullopt;
}
template <typename Value, std::size_t kCount>
[[nodiscard]] constexpr std::string_view name_of(const Named<Value> (&names)[kCount],
                                                 Value value) noexcept {
  for (const auto& each : names) {
    if (each.value == value) return each.name;
  }
  return {};
}

struct ProjectCallRules {
  ProjectId project_id;
  OrganizationId organization_id;
  keys::CallRules rules;
};

struct OrganizationRetention {
  OrganizationId organization_id;
  keys::Retention retention{};
};

[[nodiscard]] Result<keys::CallRules> find_call_rules(store::Database& database,
                                                      const ProjectId& id);
// What the rules are then. `organization_id` is the project's, for the audit log.
using ChangeCallRules = std::function<void(keys::CallRules&)>;
[[nodiscard]] Result<keys::CallRules> change_call_rules(
    store::Database& database, const ProjectId& id, const OrganizationId& organization_id,
    const ChangeCallRules& change, const Actor& actor, WallTime now = wall_now());
[[nodiscard]] Result<std::vector<ProjectCallRules>> load_call_rules(store::Database& database);

[[nodiscard]] Result<keys::Retention> find_retention(store::Database& database,
                                                     const OrganizationId& id);
[[nodiscard]] Result<void> set_retention(store::Database& database, const OrganizationId& id,
                                         keys::Retention retention, const Actor& actor,
                                         WallTime now = wall_now());
[[nodiscard]] Result<std::vector<OrganizationRetention>> load_retentions(store::Database& database);

}  // namespace tg::identity
