// SPDX-License-Identifier: Apache-2.0
#include "ledger/rollup_grain.h"

#include <chrono>

namespace tg::ledger {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month;
using std::chrono::year_month_day;

year_month month_of(Minute minute) {
  const year_month_day day{sys_days{days{minute / kDayMinutes}}};
  return day.year() / day.month();
}

Minute begin_of_month(year_month month) {
  const auto day = sys_days{month / std::chrono::day{1}}.time_since_epoch();
  return static_cast<Minute>(day.count()) * kDayMinutes;
}

}  // namespace

Minute period_begin(Grain grain, Minute minute) {
  if (grain == Grain::kMonth) return begin_of_month(month_of(minute));
  return minute - minute % minutes_at_least(grain);
}

Minute period_end(Grain grain, Minute minute) {
  if (grain == Grain::kMonth) return begin_of_month(month_of(minute) + std::chrono::months{1});
  return period_begin(grain, minute) + minutes_at_least(grain);
}

}  // namespace tg::ledger
