// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "ledger/rollup.h"

// The lengths of time that usage is added up over, all in UTC, and by what. Every zone's midnight
// falls on a quarter of an hour, so its days add up from quarters exactly.
//
// Threading:  pure.
namespace tg::ledger {

// The numbers stand in SQL.
enum class Grain : std::uint8_t {
  kQuarter = 0,  // of an hour; its rows keep their minutes for kMinutesKept
  kHour = 1,
  kDay = 2,
  kMonth = 3,
  kYear = 4,
};
inline constexpr std::array kGrains{Grain::kQuarter, Grain::kHour, Grain::kDay, Grain::kMonth,
                                    Grain::kYear};

inline constexpr Minute kQuarterMinutes = 15;
inline constexpr Minute kHourMinutes = 60;
inline constexpr Minute kDayMinutes = 24 * kHourMinutes;
// Two months and a day.
inline constexpr Minute kMinutesKept = 62 * kDayMinutes;

// The period of this grain that the minute is in: where it begins and where the next one does.
[[nodiscard]] Minute period_begin(Grain grain, Minute minute);
[[nodiscard]] Minute period_end(Grain grain, Minute minute);
// The shortest that a period of it can be.
[[nodiscard]] constexpr Minute minutes_at_least(Grain grain) {
  constexpr std::array kMinutes{kQuarterMinutes, kHourMinutes, kDayMinutes, 28 * kDayMinutes,
                                365 * kDayMinutes};
  return kMinutes[static_cast<std::size_t>(grain)];
}

// Which dimensions a block keeps apart: what most questions ask has far fewer rows than keys times
// models. A block of at most kRowsAlone rows stands alone and answers for all.
// The numbers stand in SQL.
enum class Cuboid : std::uint8_t { kAll = 0, kByModel = 1, kByKey = 2, kTotal = 3, kAlone = 4 };
inline constexpr std::array kSmallerCuboids{Cuboid::kByModel, Cuboid::kByKey, Cuboid::kTotal};
inline constexpr std::size_t kRowsAlone = 64;

[[nodiscard]] constexpr DimensionSet dimensions(Cuboid cuboid) {
  switch (cuboid) {
    case Cuboid::kByModel:
      return {Dimension::kProject, Dimension::kModel, Dimension::kEndpoint, Dimension::kTier,
              Dimension::kSize};
    case Cuboid::kByKey: return {Dimension::kProject, Dimension::kOwner, Dimension::kKey};
    case Cuboid::kTotal: return {};
    case Cuboid::kAll:
    case Cuboid::kAlone: break;
  }
  return DimensionSet::all();
}
// The smallest that knows these dimensions.
[[nodiscard]] constexpr Cuboid smallest_with(DimensionSet wanted) {
  for (const auto cuboid : {Cuboid::kTotal, Cuboid::kByKey, Cuboid::kByModel}) {
    if (dimensions(cuboid).contains(wanted)) return cuboid;
  }
  return Cuboid::kAll;
}

}  // namespace tg::ledger
