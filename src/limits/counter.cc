// SPDX-License-Identifier: Apache-2.0
#include "limits/counter.h"

#include <algorithm>
#include <memory>

namespace tg::limits {
namespace {

// So far below zero that references taken and given back meanwhile do not reach it.
constexpr std::int64_t kClaimed = std::numeric_limits<std::int64_t>::min() / 2;

}  // namespace

std::int64_t sum_saturating(std::int64_t units, std::int64_t more) noexcept {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(units, more, &sum)) return more > 0 ? kUnitsMax : 0;
  return std::max<std::int64_t>(sum, 0);
}

void add_saturating(std::atomic<std::int64_t>& word, std::int64_t units) noexcept {
  auto before = word.load(std::memory_order_relaxed);
  while (!word.compare_exchange_weak(before, sum_saturating(before, units),
                                     std::memory_order_acq_rel, std::memory_order_relaxed)) {
  }
}

bool try_add(std::atomic<std::int64_t>& word, std::int64_t units, std::int64_t amount) noexcept {
  auto before = word.load(std::memory_order_relaxed);
  do {
    // Written as a subtraction, because the sum could overflow.
    if (units > amount - before) return false;
  } while (!word.compare_exchange_weak(before, before + units, std::memory_order_acq_rel,
                                       std::memory_order_relaxed));
  return true;
}

bool try_add_open(std::atomic<std::int64_t>& word, std::int64_t units) noexcept {
  auto before = word.load(std::memory_order_relaxed);
  do {
    if (before == kClosed) return false;
  } while (!word.compare_exchange_weak(before, sum_saturating(before, units),
                                       std::memory_order_acq_rel, std::memory_order_relaxed));
  return true;
}

bool Counter::try_reference() noexcept {
  // Acquire and release throughout: whoever takes a reference sees what the claimer prepared, and
  // whoever claims sees everything that those who gave theirs back had written.
  if (references.fetch_add(1, std::memory_order_acq_rel) >= 0) return true;
  references.fetch_sub(1, std::memory_order_acq_rel);
  return false;
}

void Counter::release(std::int64_t references_less) noexcept {
  references.fetch_sub(references_less, std::memory_order_acq_rel);
}

void Counter::prepared(std::int64_t references_now) noexcept {
  references.fetch_add(references_now - kClaimed, std::memory_order_acq_rel);
}

CounterPool::~CounterPool() {
  auto* counter = first_.load(std::memory_order_acquire);
  while (counter != nullptr) {
    const std::unique_ptr<Counter> owned{counter};
    counter = counter->next;
  }
}

Counter& CounterPool::claim(WallTime begin, WallTime end) noexcept {
  auto* counter = first_.load(std::memory_order_acquire);
  for (; counter != nullptr; counter = counter->next) {
    std::int64_t nobody = 0;
    if (counter->references.compare_exchange_strong(nobody, kClaimed, std::memory_order_acq_rel,
                                                    std::memory_order_relaxed)) {
      break;
    }
  }
  if (counter == nullptr) {
    auto made = std::make_unique<Counter>();
    made->references.store(kClaimed, std::memory_order_relaxed);
    made->next = first_.load(std::memory_order_relaxed);
    counter = made.release();
    while (!first_.compare_exchange_weak(counter->next, counter, std::memory_order_acq_rel,
                                         std::memory_order_relaxed)) {
    }
  }
  counter->committed.store(0, std::memory_order_relaxed);
  counter->spent.store(0, std::memory_order_relaxed);
  counter->begin.store(begin, std::memory_order_relaxed);
  counter->end.store(end, std::memory_order_relaxed);
  return *counter;
}

Counter* reference(const std::atomic<Counter*>& where) noexcept {
  for (;;) {
    auto* counter = where.load(std::memory_order_acquire);
    if (counter == nullptr) return nullptr;
    if (!counter->try_reference()) continue;  // replaced since, or it could not be claimed
    if (where.load(std::memory_order_acquire) == counter) return counter;
    counter->release();
  }
}

}  // namespace tg::limits
