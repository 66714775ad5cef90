// SPDX-License-Identifier: Apache-2.0
#include "limits/rate_limit.h"

#include <algorithm>

#include "limits/counter.h"

namespace tg::limits {
namespace {

using std::chrono::nanoseconds;

std::int64_t to_ns(WallTime time) { return nanoseconds{time.time_since_epoch()}.count(); }

WallTime from_ns_up(std::int64_t ns) {
  return WallTime{std::chrono::ceil<std::chrono::milliseconds>(nanoseconds{ns})};
}

// units × multiplier ÷ divisor, both not negative; the largest number where that is too large or
// the divisor is zero.
std::int64_t scaled(std::int64_t units, std::int64_t multiplier, std::int64_t divisor,
                    bool round_up) {
  if (units <= 0) return 0;
  if (divisor <= 0) return kUnitsMax;
  using Wide = unsigned __int128;
  const auto by = static_cast<Wide>(divisor);
  const Wide product = static_cast<Wide>(units) * static_cast<Wide>(multiplier);
  const Wide result = (product + (round_up ? by - 1 : 0)) / by;
  return result > static_cast<Wide>(kUnitsMax) ? kUnitsMax : static_cast<std::int64_t>(result);
}

void raise_to(std::atomic<std::int64_t>& word, std::int64_t least) noexcept {
  auto before = word.load(std::memory_order_acquire);
  while (before < least) {
    if (word.compare_exchange_weak(before, least, std::memory_order_acq_rel,
                                   std::memory_order_acquire)) {
      return;
    }
  }
}

}  // namespace

RateLimit::RateLimit(const Rule& rule)
    : Limit{rule}, period_ns_{nanoseconds{length(rule.period)}.count()} {}

std::int64_t RateLimit::time_up(std::int64_t units) const noexcept {
  return scaled(units, period_ns_, amount(), true);
}

std::int64_t RateLimit::time_down(std::int64_t units) const noexcept {
  return amount() == 0 ? 0 : scaled(units, period_ns_, amount(), false);
}

bool RateLimit::try_take(std::int64_t units, std::int64_t now_ns) noexcept {
  auto seen = full_again_ns_.load(std::memory_order_acquire);
  std::int64_t next = 0;
  do {
    // The amount is read after the word: set_amount() changes both, and a word from before it then
    // does not pass the exchange.
    const auto cost = time_up(units);
    // A bucket that filled up in the past is full now: idle time earns no more than one burst.
    next = sum_saturating(std::max(seen, now_ns), cost);
    if (refuses()) {
      if (cost > period_ns_ || next - now_ns > period_ns_) return false;
    } else {
      next = std::max(seen, std::min(next, now_ns + 2 * period_ns_));
    }
    raise_to(latest_ns_, now_ns);  // before the arrival: see give_back()
  } while (!full_again_ns_.compare_exchange_weak(seen, next, std::memory_order_acq_rel,
                                                 std::memory_order_acquire));
  return true;
}

void RateLimit::take(std::int64_t units, std::int64_t at_ns) noexcept {
  auto seen = full_again_ns_.load(std::memory_order_acquire);
  std::int64_t next = 0;
  do {
    next = sum_saturating(std::max(seen, at_ns), time_up(units));
    if (!refuses()) next = std::max(seen, std::min(next, at_ns + 2 * period_ns_));
  } while (!full_again_ns_.compare_exchange_weak(seen, next, std::memory_order_acq_rel,
                                                 std::memory_order_acquire));
}

void RateLimit::give_back(const Hold& hold, std::int64_t units) noexcept {
  const auto flowed_back = sum_saturating(hold.generation, time_down(hold.units));
  const auto latest = latest_ns_.load(std::memory_order_acquire);
  const auto back = std::min(time_down(units), flowed_back - latest);
  if (back > 0) add_saturating(full_again_ns_, -back);
}

Verdict RateLimit::try_hold(std::int64_t units, WallTime now, Hold& hold) noexcept {
  if (!try_take(units, to_ns(now))) return Verdict::kRefused;
  hold = {.generation = to_ns(now), .units = units};
  return Verdict::kHeld;
}

bool RateLimit::try_grow(Hold& hold, std::int64_t units, WallTime now) noexcept {
  if (!try_take(units, to_ns(now))) return false;
  hold.units = sum_saturating(hold.units, units);
  return true;
}

void RateLimit::shrink(Hold& hold, std::int64_t units) noexcept {
  give_back(hold, units);
  hold.units -= units;
}

void RateLimit::settle(const Hold& hold, std::int64_t used) noexcept {
  if (used < hold.units) {
    give_back(hold, hold.units - used);
  } else if (used > hold.units) {
    take(used - hold.units, latest_ns_.load(std::memory_order_acquire));
  }
}

void RateLimit::add(std::int64_t used, WallTime admitted) noexcept {
  if (used > 0) take(used, to_ns(admitted));
}

void RateLimit::rescale(std::int64_t before, std::int64_t after, WallTime now) noexcept {
  if (before == 0 || after == 0) return;  // no rate at all: what is in the bucket stays in time
  const auto now_ns = to_ns(now);
  auto seen = full_again_ns_.load(std::memory_order_acquire);
  std::int64_t next = 0;
  do {
    if (seen <= now_ns) return;
    next = sum_saturating(now_ns, scaled(seen - now_ns, before, after, true));
  } while (!full_again_ns_.compare_exchange_weak(seen, next, std::memory_order_acq_rel,
                                                 std::memory_order_acquire));
}

Reading RateLimit::read(WallTime now) const noexcept {
  const auto full_again = full_again_ns_.load(std::memory_order_acquire);
  const auto in_bucket = scaled(full_again - to_ns(now), amount(), period_ns_, true);
  return {
      .spent = in_bucket, .amount = amount(), .resets_at = std::max(now, from_ns_up(full_again))};
}

WallTime RateLimit::counts_from(WallTime now) const noexcept { return now - length(rule().period); }

}  // namespace tg::limits
