// SPDX-License-Identifier: Apache-2.0
#include "limits/total_limit.h"

#include <algorithm>

namespace tg::limits {

TotalLimit::TotalLimit(const Rule& rule)
    : Limit{rule}, concurrency_{rule.metric == Metric::kConcurrency} {}

Verdict TotalLimit::try_hold(std::int64_t units, WallTime /*now*/, Hold& hold) noexcept {
  if (!commit(committed_, units)) return Verdict::kRefused;
  hold = {.units = units};
  return Verdict::kHeld;
}

bool TotalLimit::try_grow(Hold& hold, std::int64_t units, WallTime /*now*/) noexcept {
  if (!commit(committed_, units)) return false;
  hold.units = sum_saturating(hold.units, units);
  return true;
}

void TotalLimit::shrink(Hold& hold, std::int64_t units) noexcept {
  add_saturating(committed_, -units);
  hold.units -= units;
}

void TotalLimit::settle(const Hold& hold, std::int64_t used) noexcept {
  if (concurrency_) used = 0;
  add_saturating(committed_, used - hold.units);
  if (used > 0) add_saturating(spent_, used);
}

void TotalLimit::add(std::int64_t used, WallTime /*admitted*/) noexcept {
  if (concurrency_) return;
  add_saturating(committed_, used);
  add_saturating(spent_, used);
}

Reading TotalLimit::read(WallTime /*now*/) const noexcept {
  const auto spent = spent_.load(std::memory_order_acquire);
  const auto committed = committed_.load(std::memory_order_acquire);
  return {.spent = spent,
          .held = std::max<std::int64_t>(0, committed - spent),
          .amount = amount(),
          .resets_at = WallTime::max()};
}

WallTime TotalLimit::counts_from(WallTime /*now*/) const noexcept {
  return concurrency_ ? WallTime::max() : WallTime{};
}

}  // namespace tg::limits
