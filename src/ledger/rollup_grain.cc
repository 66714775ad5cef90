// SPDX-License-Identifier: Apache-2.0
#include "ledger/rollup_grain.h"

#include <chrono>

namespace tg::ledger {
namespace {

using std::chrono::days;
using std::chrono::months;
using std::chrono::sys_days;
using std::chrono::year_month;
using std::chrono::year_month_day;
using std::chrono::years;

// The first one of the month or the year.
year_month first_month(Grain grain, Minute minute) {
  const year_month_day day{sys_days{days{minute / kDayMinutes}}};
  return day.year() / (grain == Grain::kYear ? std::chrono::January : day.month());
}

Minute begin_of_month(year_month month) {
  const auto day = sys_days{month / std::chrono::day{1}}.time_since_epoch();
  return static_cast<Minute>(day.count()) * kDayMinutes;
}

}  // namespace

Minute period_begin(Grain grain, Minute minute) {
  if (grain >= Grain::kMonth) return begin_of_month(first_month(grain, minute));
  return minute - minute % minutes_at_least(grain);
}

Minute period_end(Grain grain, Minute minute) {
  if (grain == Grain::kMonth) return begin_of_month(first_month(grain, minute) + months{1});
  if (grain == Grain::kYear) return begin_of_month(first_month(grain, minute) + years{1});
  return period_begin(grain, minute) + minutes_at_least(grain);
}

}  // namespace tg::ledger
