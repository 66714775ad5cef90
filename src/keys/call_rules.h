// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

// What a project allows its calls beside models, and what is kept of them. One word, so that it is
// replaced and read whole without a lock.
//
// Threading:  values.
namespace tg::keys {

// Bits of what a provider offers to run by itself, as OpenAI's Admin API names them.
enum class HostedTool : std::uint8_t {
  kFileSearch = 1U << 0U,
  kWebSearch = 1U << 1U,
  kImageGeneration = 1U << 2U,
  kMcp = 1U << 3U,
  kCodeInterpreter = 1U << 4U,
};

// Bits of the tiers that a project may be without. The standard one is always there.
enum class OptionalTier : std::uint8_t {
  kFlex = 1U << 0U,
  kFast = 1U << 1U,
  kUltrafast = 1U << 2U,
};
// Those of tomorrow, too.
inline constexpr std::uint8_t kAllTiers = 0xFF;

// What a call gets that asks for none.
enum class DefaultTier : std::uint8_t { kStandard, kFast, kScale };

// Of an organization: all but the first two. docs/data-retention.md says what each means.
enum class Retention : std::uint8_t {
  kOrganizationDefault,
  kNone,
  kModifiedAbuseMonitoring,
  kEnhancedModifiedAbuseMonitoring,
  kZero,
  kEnhancedZero,
};

// Where a client called from and by what names of its own: its address, program, request's id.
[[nodiscard]] constexpr bool keeps_caller(Retention retention) noexcept {
  return retention < Retention::kEnhancedModifiedAbuseMonitoring;
}
// Answers at the provider, for later.
[[nodiscard]] constexpr bool keeps_answers(Retention retention) noexcept {
  return retention < Retention::kZero;
}
// Files, batches, conversations and whatever else stays there until it is deleted.
[[nodiscard]] constexpr bool keeps_objects(Retention retention) noexcept {
  return retention < Retention::kEnhancedZero;
}

struct CallRules {
  std::uint8_t denied_tools = 0;
  std::uint8_t enabled_tiers = kAllTiers;
  DefaultTier default_tier = DefaultTier::kStandard;
  Retention retention = Retention::kOrganizationDefault;

  [[nodiscard]] constexpr bool denies(HostedTool tool) const noexcept {
    return (denied_tools & static_cast<std::uint8_t>(tool)) != 0;
  }
  [[nodiscard]] constexpr bool enables(OptionalTier tier) const noexcept {
    return (enabled_tiers & static_cast<std::uint8_t>(tier)) != 0;
  }
  bool operator==(const CallRules&) const = default;
};

}  // namespace tg::keys
