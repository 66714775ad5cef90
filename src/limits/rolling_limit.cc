// SPDX-License-Identifier: Apache-2.0
#include "limits/rolling_limit.h"

#include <algorithm>

namespace tg::limits {
namespace {

Counter& counter_in(const Hold& hold) { return *static_cast<Counter*>(hold.counter); }

std::chrono::milliseconds divided_up(std::chrono::milliseconds time, std::int64_t parts) {
  return std::chrono::milliseconds{(time.count() + parts - 1) / parts};
}

}  // namespace

RollingLimit::RollingLimit(const Rule& rule)
    : Limit{rule}, slot_length_{divided_up(length(rule.period), kSlots - 1)} {}

WallTime RollingLimit::begin_of_slot(WallTime time) const noexcept {
  return time - time.time_since_epoch() % slot_length_;
}

WallTime RollingLimit::begin_of_left(WallTime newest) const noexcept {
  return newest - slot_length_ * kSlots;
}

WallTime RollingLimit::leaves_at(WallTime begin) const noexcept {
  return begin + slot_length_ * kSlots;
}

RollingLimit::Slot& RollingLimit::slot_at(WallTime begin) noexcept {
  const auto number = begin.time_since_epoch() / slot_length_;
  return ring_[static_cast<std::size_t>(number) % kSlots];
}

Counter* RollingLimit::counter_of(WallTime begin) noexcept {
  auto& slot = slot_at(begin);
  for (;;) {
    auto* counter = reference(slot);
    if (counter != nullptr) {
      const auto its_begin = counter->begin.load(std::memory_order_relaxed);
      if (its_begin == begin) return counter;
      if (begin < its_begin) {
        counter->release();
        return nullptr;
      }
    }
    auto& next = counters_.claim(begin, begin + slot_length_);
    next.prepared(1);
    auto* expected = counter;
    const bool published = slot.compare_exchange_strong(expected, &next, std::memory_order_acq_rel,
                                                        std::memory_order_relaxed);
    if (!published) next.release();
    if (counter == nullptr) continue;
    if (published) close(*counter);
    counter->release(published ? 2 : 1);  // ours, and the ring's
  }
}

bool RollingLimit::advance(WallTime begin) noexcept {
  auto newest = newest_.load(std::memory_order_acquire);
  while (newest < begin) {
    if (newest_.compare_exchange_weak(newest, begin, std::memory_order_acq_rel,
                                      std::memory_order_acquire)) {
      close_what_left(begin);
      return true;
    }
  }
  return newest == begin;
}

void RollingLimit::close_what_left(WallTime newest) noexcept {
  const auto has_left = [left = begin_of_left(newest)](const Counter& counter) {
    return counter.begin.load(std::memory_order_relaxed) <= left &&
           counter.committed.load(std::memory_order_relaxed) != kClosed;
  };
  for (auto& slot : ring_) {
    // A look without a reference first: a counter that is used again meanwhile has been closed by
    // whoever took it out of the ring.
    const auto* seen = slot.load(std::memory_order_acquire);
    if (seen == nullptr || !has_left(*seen)) continue;
    auto* counter = reference(slot);
    if (has_left(*counter)) close(*counter);
    counter->release();
  }
}

void RollingLimit::close(Counter& counter) noexcept {
  const auto left = counter.committed.exchange(kClosed, std::memory_order_acq_rel);
  if (left != kClosed) add_saturating(total_, -left);
}

bool RollingLimit::change(Counter& counter, std::int64_t units) noexcept {
  if (units > 0) add_saturating(total_, units);
  const bool open = try_add_open(counter.committed, units);
  // Lowered after the word, or raised in vain.
  if (open ? units < 0 : units > 0) add_saturating(total_, open ? units : -units);
  return open;
}

Verdict RollingLimit::try_hold(std::int64_t units, WallTime now, Hold& hold) noexcept {
  const auto begin = begin_of_slot(now);
  if (!advance(begin)) return Verdict::kStale;
  auto* counter = counter_of(begin);
  if (counter == nullptr) return Verdict::kStale;
  if (!commit(total_, units)) {
    // Another worker may have been about to close what has left.
    close_what_left(begin);
    if (!commit(total_, units)) {
      counter->release();
      return Verdict::kRefused;
    }
  }
  if (newest_.load(std::memory_order_acquire) != begin ||
      !try_add_open(counter->committed, units)) {
    add_saturating(total_, -units);
    counter->release();
    return Verdict::kStale;
  }
  hold = {.counter = counter, .units = units};
  return Verdict::kHeld;
}

bool RollingLimit::try_grow(Hold& hold, std::int64_t units, WallTime /*now*/) noexcept {
  auto& counter = counter_in(hold);
  // A call whose slot has left counts no more, and neither does what it takes from then on.
  if (counter.committed.load(std::memory_order_acquire) != kClosed) {
    if (!commit(total_, units)) return false;
    if (!try_add_open(counter.committed, units)) add_saturating(total_, -units);
  }
  hold.units = sum_saturating(hold.units, units);
  return true;
}

void RollingLimit::shrink(Hold& hold, std::int64_t units) noexcept {
  change(counter_in(hold), -units);
  hold.units -= units;
}

void RollingLimit::settle(const Hold& hold, std::int64_t used) noexcept {
  auto& counter = counter_in(hold);
  change(counter, used - hold.units);
  if (used > 0) add_saturating(counter.spent, used);
  counter.release();
}

void RollingLimit::add(std::int64_t used, WallTime admitted) noexcept {
  const auto begin = begin_of_slot(admitted);
  advance(begin);
  if (begin <= begin_of_left(newest_.load(std::memory_order_acquire))) return;
  auto* counter = counter_of(begin);
  if (counter == nullptr) return;
  if (change(*counter, used)) add_saturating(counter->spent, used);
  counter->release();
}

Reading RollingLimit::read(WallTime now) const noexcept {
  Reading reading{.amount = amount(), .resets_at = WallTime::max()};
  const auto left = begin_of_left(begin_of_slot(now));
  std::int64_t total = 0;
  // Without references: what other workers change meanwhile may be seen in part.
  for (const auto& slot : ring_) {
    const auto* counter = slot.load(std::memory_order_acquire);
    if (counter == nullptr) continue;
    const auto begin = counter->begin.load(std::memory_order_relaxed);
    const auto spent = counter->spent.load(std::memory_order_acquire);
    const auto committed = counter->committed.load(std::memory_order_acquire);
    if (begin <= left || committed <= 0) continue;  // kClosed is below zero
    reading.spent = sum_saturating(reading.spent, spent);
    total = sum_saturating(total, committed);
    reading.resets_at = std::min(reading.resets_at, leaves_at(begin));
  }
  reading.held = std::max<std::int64_t>(0, total - reading.spent);
  return reading;
}

WallTime RollingLimit::counts_from(WallTime now) const noexcept {
  return begin_of_left(begin_of_slot(now)) + slot_length_;
}

}  // namespace tg::limits
