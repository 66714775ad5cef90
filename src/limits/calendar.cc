// SPDX-License-Identifier: Apache-2.0
#include "limits/calendar.h"

#include <date/tz.h>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <exception>

namespace tg::limits {
namespace {

using std::chrono::seconds;

const date::time_zone* zone_of(const void* zone) {
  return static_cast<const date::time_zone*>(zone);
}

// How long which offset from UTC is in force.
struct Offset {
  WallTime begin = WallTime::min();
  WallTime end = WallTime::max();
  seconds ahead{0};
};

Offset offset_at(const void* zone, WallTime time) {
  if (zone == nullptr) return {};
  const auto info = zone_of(zone)->get_info(std::chrono::floor<seconds>(time));
  return {info.begin, info.end, info.offset};
}

date::local_days day_of(const void* zone, WallTime time) {
  const auto local = time.time_since_epoch() + offset_at(zone, time).ahead;
  return date::local_days{std::chrono::floor<date::days>(local)};
}

// The first instant of the day. Where its midnight comes twice, the first; where the clock leaps
// over it, the leap.
WallTime first_instant(const void* zone, date::local_days day) {
  if (zone == nullptr) return WallTime{day.time_since_epoch()};
  return zone_of(zone)->to_sys(date::local_seconds{day}, date::choose::earliest);
}

date::local_days first_day(Period period, date::local_days day) {
  const date::year_month_day on{day};
  switch (period) {
    case Period::kWeek: return day - (date::weekday{day} - date::Monday);
    case Period::kMonth: return date::local_days{on.year() / on.month() / 1};
    case Period::kQuarter: {
      const unsigned month = (unsigned{on.month()} - 1) / 3 * 3 + 1;
      return date::local_days{on.year() / date::month{month} / 1};
    }
    case Period::kYear: return date::local_days{on.year() / date::January / 1};
    default: return day;
  }
}

date::local_days day_after(Period period, date::local_days first) {
  const date::year_month_day on{first};
  switch (period) {
    case Period::kWeek: return first + date::weeks{1};
    case Period::kMonth: return date::local_days{on + date::months{1}};
    case Period::kQuarter: return date::local_days{on + date::months{3}};
    case Period::kYear: return date::local_days{on + date::years{1}};
    default: return first + date::days{1};
  }
}

Interval days_around(const void* zone, Period period, WallTime time) {
  auto first = first_day(period, day_of(zone, time));
  // The clock may be put back over midnight: it is then yesterday once more, but today has begun.
  // Each round is a day or more, and no clock was ever put back by two.
  for (;;) {
    const auto next = day_after(period, first);
    const auto end = first_instant(zone, next);
    if (time < end) return {first_instant(zone, first), end};
    first = next;
  }
}

Interval clock_around(const void* zone, std::chrono::milliseconds length, WallTime time) {
  const auto offset = offset_at(zone, time);
  const auto local = time.time_since_epoch() + offset.ahead;
  auto into = local % length;
  if (into.count() < 0) into += length;
  const auto begin = time - into;
  return {std::max(begin, offset.begin), std::min(begin + length, offset.end)};
}

}  // namespace

TimeZone::TimeZone() : zone_{nullptr} {}

Result<TimeZone> TimeZone::find(std::string_view name) {
  if (name == "UTC") return TimeZone{};
  const auto none =
      fail(Code::kFieldInvalid, "no such time zone; it is an IANA name such as Europe/Berlin");
  // Debian has each zone twice more: counting leap seconds, and not counting them.
  if (name.starts_with("right/") || name.starts_with("posix/")) return none;
  try {
    const auto* zone = date::locate_zone(name);
    (void)zone->get_info(date::sys_seconds{});  // reads the zone's file now and not in a call
    return TimeZone{zone};
  } catch (const std::exception&) {
    return none;
  }
}

Interval TimeZone::period(Period period, WallTime time) const {
  switch (period) {
    case Period::kTotal: return {WallTime::min(), WallTime::max()};
    case Period::kMinute:
    case Period::kHour: return clock_around(zone_, length(period), time);
    default: return days_around(zone_, period, time);
  }
}

std::string TimeZone::format(WallTime time) const {
  const auto ahead = offset_at(zone_, time).ahead;
  const auto local = std::chrono::floor<seconds>(time.time_since_epoch()) + ahead;
  const auto minutes = std::chrono::abs(std::chrono::duration_cast<std::chrono::minutes>(ahead));
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}{}{:02}:{:02}", fmt::gmtime(local.count()),
                     ahead.count() < 0 ? '-' : '+', minutes.count() / 60, minutes.count() % 60);
}

}  // namespace tg::limits
