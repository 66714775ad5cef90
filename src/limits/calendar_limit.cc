// SPDX-License-Identifier: Apache-2.0
#include "limits/calendar_limit.h"

#include <algorithm>

namespace tg::limits {
namespace {

Counter& counter_in(const Hold& hold) { return *static_cast<Counter*>(hold.counter); }

}  // namespace

CalendarLimit::CalendarLimit(const Rule& rule, TimeZone zone) : Limit{rule}, zone_{zone} {}

Counter* CalendarLimit::counter_of(WallTime time) noexcept {
  for (;;) {
    auto* current = reference(current_);
    if (current != nullptr) {
      if (current->contains(time)) return current;
      if (time < current->begin.load(std::memory_order_relaxed)) {
        current->release();
        return nullptr;
      }
    }
    try_publish(current, time);
    if (current != nullptr) current->release();
  }
}

bool CalendarLimit::try_publish(Counter* current, WallTime time) noexcept {
  const auto period = zone_.period(rule().period, time);
  auto& next = counters_.claim(period.begin, period.end);
  next.prepared(1);
  auto* expected = current;
  if (!current_.compare_exchange_strong(expected, &next, std::memory_order_acq_rel,
                                        std::memory_order_relaxed)) {
    next.release();
    return false;
  }
  if (current != nullptr) current->release();
  return true;
}

Verdict CalendarLimit::try_hold(std::int64_t units, WallTime now, Hold& hold) noexcept {
  auto* counter = counter_of(now);
  if (counter == nullptr) return Verdict::kStale;
  if (!commit(counter->committed, units)) {
    counter->release();
    return Verdict::kRefused;
  }
  hold = {.counter = counter, .units = units};
  return Verdict::kHeld;
}

bool CalendarLimit::try_grow(Hold& hold, std::int64_t units, WallTime /*now*/) noexcept {
  if (!commit(counter_in(hold).committed, units)) return false;
  hold.units = sum_saturating(hold.units, units);
  return true;
}

void CalendarLimit::shrink(Hold& hold, std::int64_t units) noexcept {
  add_saturating(counter_in(hold).committed, -units);
  hold.units -= units;
}

void CalendarLimit::settle(const Hold& hold, std::int64_t used) noexcept {
  auto& counter = counter_in(hold);
  add_saturating(counter.committed, used - hold.units);
  if (used > 0) add_saturating(counter.spent, used);
  counter.release();
}

void CalendarLimit::add(std::int64_t used, WallTime admitted) noexcept {
  auto* counter = counter_of(admitted);
  if (counter == nullptr) return;
  add_saturating(counter->committed, used);
  add_saturating(counter->spent, used);
  counter->release();
}

Reading CalendarLimit::read(WallTime now) const noexcept {
  Reading reading{.amount = amount()};
  auto* counter = reference(current_);
  if (counter == nullptr || now >= counter->end.load(std::memory_order_relaxed)) {
    reading.resets_at = zone_.period(rule().period, now).end;
  } else {
    reading.spent = counter->spent.load(std::memory_order_acquire);
    const auto committed = counter->committed.load(std::memory_order_acquire);
    reading.held = std::max<std::int64_t>(0, committed - reading.spent);
    reading.resets_at = counter->end.load(std::memory_order_relaxed);
  }
  if (counter != nullptr) counter->release();
  return reading;
}

WallTime CalendarLimit::counts_from(WallTime now) const noexcept {
  return zone_.period(rule().period, now).begin;
}

}  // namespace tg::limits
