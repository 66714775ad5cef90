// SPDX-License-Identifier: Apache-2.0
#include "limits/limit.h"

#include <algorithm>

#include "limits/calendar_limit.h"
#include "limits/counter.h"
#include "limits/rate_limit.h"
#include "limits/rolling_limit.h"
#include "limits/total_limit.h"

namespace tg::limits {

Result<std::unique_ptr<Limit>> Limit::make(const Rule& rule) {
  TG_TRY_DONE(check(rule));
  if (rule.period == Period::kTotal) return std::make_unique<TotalLimit>(rule);
  switch (rule.window) {
    case Window::kRolling: return std::make_unique<RollingLimit>(rule);
    case Window::kRate: return std::make_unique<RateLimit>(rule);
    case Window::kCalendar: break;
  }
  TG_TRY(const auto zone, TimeZone::find(rule.time_zone));
  return std::make_unique<CalendarLimit>(rule, zone);
}

Limit::Limit(const Rule& rule)
    : rule_{rule}, amount_{rule.amount}, hard_{rule.hard}, trusts_upstream_{rule.trusts_upstream} {}

void Limit::set_amount(std::int64_t amount, WallTime now) noexcept {
  amount = std::max<std::int64_t>(0, amount);
  const auto before = amount_.load(std::memory_order_relaxed);
  // The stricter of both amounts stands while the counter is brought in line.
  if (amount > before) rescale(before, amount, now);
  amount_.store(amount, std::memory_order_release);
  if (amount < before) rescale(before, amount, now);
}

void Limit::rescale(std::int64_t /*before*/, std::int64_t /*after*/, WallTime /*now*/) noexcept {}

void Limit::set_hard(bool hard) noexcept { hard_.store(hard, std::memory_order_relaxed); }

void Limit::set_trusts_upstream(bool trusts) noexcept {
  trusts_upstream_.store(trusts, std::memory_order_relaxed);
}

void Limit::start_enforcing() noexcept { started_.store(true, std::memory_order_relaxed); }

void Limit::restore(WallTime begin, WallTime end, std::int64_t used, WallTime now) noexcept {
  const auto last = end > begin ? end - WallTime::duration{1} : begin;
  add(used, std::min(last, now));
}

bool Limit::commit(std::atomic<std::int64_t>& word, std::int64_t units) const noexcept {
  if (refuses()) return try_add(word, units, amount());
  add_saturating(word, units);
  return true;
}

}  // namespace tg::limits
