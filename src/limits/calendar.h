// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "limits/rule.h"

// Which period of a zone's calendar an instant is in, summer time included. Weeks begin on Monday.
// Periods tile time without gap or overlap. A day may have 23 or 25 hours; an hour or a minute ends
// early where the clock is put to another fraction of it (Lord Howe Island's half hours).
//
// Threading:  a zone is loaded once by a control thread; after that everything is pure.
// Source:     the system's zoneinfo (package tzdata), through Debian's date library; UTC needs
//             neither. Read once: an updated tzdata counts from the next start. Debian compiles
//             its zones with every change until 2037; after that a zone keeps its last offset.
// Errors:     kFieldInvalid: no such zone.
namespace tg::limits {

// Half open: [begin, end). kTotal: from the beginning to the end of time.
struct Interval {
  WallTime begin;
  WallTime end;

  [[nodiscard]] bool contains(WallTime time) const { return begin <= time && time < end; }
  friend bool operator==(const Interval&, const Interval&) = default;
};

class TimeZone {
 public:
  TimeZone();  // UTC
  [[nodiscard]] static Result<TimeZone> find(std::string_view name);

  [[nodiscard]] Interval period(Period period, WallTime time) const;
  // "2026-12-01T00:00:00+01:00"
  [[nodiscard]] std::string format(WallTime time) const;

 private:
  explicit TimeZone(const void* zone) : zone_{zone} {}

  const void* zone_;  // date::time_zone, which lives as long as the process; null: UTC
};

}  // namespace tg::limits
