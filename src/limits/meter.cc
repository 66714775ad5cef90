// SPDX-License-Identifier: Apache-2.0
#include "limits/meter.h"

#include <algorithm>

namespace tg::limits {
namespace {

// Stays at the largest amount: a sum that wrapped around would open every limit.
void add_saturating(std::atomic<std::int64_t>& word, std::int64_t amount) noexcept {
  auto before = word.load(std::memory_order_relaxed);
  std::int64_t after = 0;
  do {
    if (__builtin_add_overflow(before, amount, &after)) after = NanoUsd::max().count();
  } while (!word.compare_exchange_weak(before, after, std::memory_order_relaxed));
}

}  // namespace

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
  add_saturating(committed_nanousd_, charge.count() - held.count());
  add_saturating(spent_nanousd_, charge.count());
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
  add_saturating(committed_nanousd_, spent.count());
  add_saturating(spent_nanousd_, spent.count());
}

Meter::Reading Meter::read() const noexcept {
  const auto spent = spent_nanousd_.load(std::memory_order_relaxed);
  const auto committed = committed_nanousd_.load(std::memory_order_relaxed);
  return {.spent = NanoUsd{spent}, .held = NanoUsd{std::max<std::int64_t>(0, committed - spent)}};
}

}  // namespace tg::limits
