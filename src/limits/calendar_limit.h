// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "limits/calendar.h"
#include "limits/counter.h"
#include "limits/limit.h"

// So much in each period of a time zone's calendar.
//
// Threading:  as Limit. The first call of a period claims a counter, and puts it in the place of
//             the current one while it has a reference on that: so the old one cannot have been
//             used again meanwhile, and no late thread can publish an earlier period or the same
//             one twice. Periods only move forward.
namespace tg::limits {

class CalendarLimit final : public Limit {
 public:
  CalendarLimit(const Rule& rule, TimeZone zone);

  [[nodiscard]] Verdict try_hold(std::int64_t units, WallTime now, Hold& hold) noexcept override;
  [[nodiscard]] bool try_grow(Hold& hold, std::int64_t units, WallTime now) noexcept override;
  void shrink(Hold& hold, std::int64_t units) noexcept override;
  void settle(const Hold& hold, std::int64_t used) noexcept override;
  void add(std::int64_t used, WallTime admitted) noexcept override;
  [[nodiscard]] Reading read(WallTime now) const noexcept override;
  [[nodiscard]] WallTime counts_from(WallTime now) const noexcept override;

 private:
  // With a reference; null: a later period is current.
  Counter* counter_of(WallTime time) noexcept;
  bool try_publish(Counter* current, WallTime time) noexcept;

  const TimeZone zone_;
  std::atomic<Counter*> current_{nullptr};  // has a reference on it
  CounterPool counters_;
};

}  // namespace tg::limits
