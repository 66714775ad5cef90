// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "limits/rule.h"

// Which period of a zone's calendar an instant is in, summer time included. Weeks begin on Monday.
//
// Threading:  a zone is loaded once by a control thread; after that everything is pure.
// Source:     the system's zoneinfo, through Debian's date library.
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
  const void* zone_;  // date::time_zone, which lives as long as the process
};

}  // namespace tg::limits
