// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "ledger/usage_event.h"

// What usage is added up by, and what is added up: the shape that events, rollups and every
// question about them share. docs/usage.md says how rollups are kept.
//
// Threading:  pure values.
// Limits:     sums are nano-dollars, tokens and calls; 2^63 nano-dollars are nine thousand million
//             dollars.
namespace tg::ledger {

using openai::kUsageCounts;

// The numbers stand in SQL: new ones at the end.
enum class Dimension : std::uint8_t {
  kProject,
  kOwner,  // a user or a service account
  kKey,
  kModel,     // as asked for
  kEndpoint,  // its path
  kTier,      // as it was served: "priority"
  kSize,      // of images; of a web search, how much it read
};
inline constexpr std::size_t kDimensions = 7;

class DimensionSet {
 public:
  constexpr DimensionSet() = default;
  constexpr DimensionSet(std::initializer_list<Dimension> dimensions) {
    for (const auto dimension : dimensions) insert(dimension);
  }
  [[nodiscard]] static constexpr DimensionSet all() {
    return {Dimension::kProject,  Dimension::kOwner, Dimension::kKey, Dimension::kModel,
            Dimension::kEndpoint, Dimension::kTier,  Dimension::kSize};
  }
  constexpr void insert(Dimension dimension) { bits_ |= bit(dimension); }
  [[nodiscard]] constexpr bool contains(Dimension dimension) const {
    return (bits_ & bit(dimension)) != 0;
  }
  [[nodiscard]] constexpr bool contains(DimensionSet other) const {
    return (other.bits_ & ~bits_) == 0;
  }
  friend constexpr bool operator==(DimensionSet, DimensionSet) = default;

 private:
  static constexpr std::uint32_t bit(Dimension dimension) {
    return 1U << static_cast<unsigned>(dimension);
  }
  std::uint32_t bits_ = 0;
};

using DimensionNames = std::array<std::string_view, kDimensions>;
[[nodiscard]] DimensionNames names_of(const UsageEvent& event [[clang::lifetimebound]]);

// What is added up besides the counts of Usage. The numbers stand in SQL: new ones at the end.
enum class Sum : std::uint8_t {
  kCalls,
  kErrors,  // did not end well: the upstream's fault, or this server's
  kInterrupted,
  kEstimated,  // calls whose usage no upstream reported
  kCharge,
  kCost,
  kWouldHaveCost,  // of test keys, which are charged nothing
  kDurationMs,
  kUnpriced,    // calls with a unit that has no price
  kMismatched,  // calls that another model answered
};
inline constexpr std::size_t kOwnSums = 10;

// The Sums, then the counts of Usage in the order of kUsageCounts.
inline constexpr std::size_t kSums = kOwnSums + kUsageCounts.size();
using Sums = std::array<std::int64_t, kSums>;
constexpr std::size_t at(Sum sum) { return static_cast<std::size_t>(sum); }
constexpr std::size_t at(std::int64_t openai::Usage::* count) {
  for (std::size_t i = 0; i < kUsageCounts.size(); ++i) {
    if (kUsageCounts[i] == count) return kOwnSums + i;
  }
  return kSums;
}

// What one event adds.
[[nodiscard]] Sums sums_of(const Settlement& settlement);
void add(Sums& sums, const Sums& more);
// The counts of Usage among them; its source is not told.
[[nodiscard]] openai::Usage usage_of(const Sums& sums);

// Time in rollups is minutes since 1970.
using Minute = std::uint32_t;
inline constexpr std::int64_t kMinuteMs = 60'000;
[[nodiscard]] constexpr Minute minute_of(WallTime time) {
  return static_cast<Minute>(to_unix_ms(time) / kMinuteMs);
}
[[nodiscard]] constexpr WallTime begin_of(Minute minute) {
  return from_unix_ms(std::int64_t{minute} * kMinuteMs);
}

}  // namespace tg::ledger
