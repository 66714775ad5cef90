// SPDX-License-Identifier: Apache-2.0
// Periods in UTC, computed here: the calendar of limits/ is under test.
#include <chrono>

#include "simulation/oracle.h"

namespace tg::simulation {
namespace {

namespace chrono = std::chrono;
using limits::Interval;
using limits::Period;

template <typename Length>
Interval floored(WallTime now) {
  const auto begin = chrono::floor<Length>(now);
  return {.begin = begin, .end = begin + Length{1}};
}

Interval months_of(WallTime now, unsigned months) {
  const chrono::year_month_day date{chrono::floor<chrono::days>(now)};
  const auto month = static_cast<unsigned>(date.month());
  const chrono::year_month first{date.year(), chrono::month{month - (month - 1) % months}};
  const auto next = first + chrono::months{months};
  return {.begin = chrono::sys_days{first / 1}, .end = chrono::sys_days{next / 1}};
}

}  // namespace

Interval period_of(const limits::Rule& rule, WallTime now) {
  if (rule.time_zone != "UTC") {
    const auto zone = limits::TimeZone::find(rule.time_zone);
    TG_CHECK(zone.has_value());
    return zone->period(rule.period, now);
  }
  const auto today = chrono::floor<chrono::days>(now);
  switch (rule.period) {
    case Period::kMinute: return floored<chrono::minutes>(now);
    case Period::kHour: return floored<chrono::hours>(now);
    case Period::kDay: return floored<chrono::days>(now);
    case Period::kWeek: {
      const auto monday = today - (chrono::weekday{today} - chrono::Monday);
      return {.begin = monday, .end = monday + chrono::days{7}};
    }
    case Period::kMonth: return months_of(now, 1);
    case Period::kQuarter: return months_of(now, 3);
    case Period::kYear: return months_of(now, 12);
    case Period::kTotal: break;
  }
  return {.begin = WallTime::min(), .end = WallTime::max()};
}

}  // namespace tg::simulation
