// SPDX-License-Identifier: Apache-2.0
#include "limits/meter.h"

#include <algorithm>

namespace tg::limits {

bool Meter::try_hold(NanoUsd amount) noexcept {
  const auto limit = limit_nanousd_.load(std::memory_order_relaxed);
  auto committed = committed_nanousd_.load(std::memory_order_relaxed);
  do {
    // Written as a subtraction, because the sum could overflow.
    if (amount.count() > limit - committed) return false;
  } while (!committed_nanousd_.compare_exchange_weak(committed, committed + amount.count(),
                                                     std::memory_order_relaxed));
  return true;
}

void Meter::release(NanoUsd held) noexcept {
  committed_nanousd_.fetch_sub(held.count(), std::memory_order_relaxed);
}

void Meter::settle(NanoUsd held, NanoUsd charge) noexcept {
  committed_nanousd_.fetch_add(charge.count() - held.count(), std::memory_order_relaxed);
  spent_nanousd_.fetch_add(charge.count(), std::memory_order_relaxed);
}

void Meter::set_limit(std::optional<NanoUsd> limit) noexcept {
  limit_nanousd_.store(limit.value_or(NanoUsd::max()).count(), std::memory_order_relaxed);
}

std::optional<NanoUsd> Meter::limit() const noexcept {
  const NanoUsd limit{limit_nanousd_.load(std::memory_order_relaxed)};
  if (limit == NanoUsd::max()) return std::nullopt;
  return limit;
}

void Meter::restore(NanoUsd spent) noexcept {
  committed_nanousd_.fetch_add(spent.count(), std::memory_order_relaxed);
  spent_nanousd_.fetch_add(spent.count(), std::memory_order_relaxed);
}

Meter::Reading Meter::read() const noexcept {
  const auto spent = spent_nanousd_.load(std::memory_order_relaxed);
  const auto committed = committed_nanousd_.load(std::memory_order_relaxed);
  return {.spent = NanoUsd{spent}, .held = NanoUsd{std::max<std::int64_t>(0, committed - spent)}};
}

}  // namespace tg::limits
