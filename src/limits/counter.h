// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>

#include "base/clock.h"

// Counters of one limit's periods, used again when nobody holds on them.
//
// Threading:  everything from all workers, without a lock.
// Lifetime:   a counter is never freed while its pool lives, so that a pointer to it which somebody
//             read long ago is never dangling: it may only mean another period by now, which is
//             why a reference is taken first and the pointer then read again.
// Invariant:  `begin` and `end` change only while the counter is claimed, and it can be claimed
//             only while nobody has a reference. Whoever publishes a counter has one on it.
namespace tg::limits {

inline constexpr std::int64_t kUnitsMax = std::numeric_limits<std::int64_t>::max();
// In `committed`: what was counted here has left the window and must not be changed any more.
inline constexpr std::int64_t kClosed = std::numeric_limits<std::int64_t>::min();

// Stays within [0, kUnitsMax]: a sum that wrapped around would open every limit.
[[nodiscard]] std::int64_t sum_saturating(std::int64_t units, std::int64_t more) noexcept;
void add_saturating(std::atomic<std::int64_t>& word, std::int64_t units) noexcept;
// Only up to `amount`.
[[nodiscard]] bool try_add(std::atomic<std::int64_t>& word, std::int64_t units,
                           std::int64_t amount) noexcept;
// False where the word is closed.
[[nodiscard]] bool try_add_open(std::atomic<std::int64_t>& word, std::int64_t units) noexcept;

// One cache line: workers in different counters do not slow each other down.
struct alignas(64) Counter {
  std::atomic<std::int64_t> committed{0};  // spent + held
  std::atomic<std::int64_t> spent{0};
  std::atomic<WallTime> begin{};
  std::atomic<WallTime> end{};
  std::atomic<std::int64_t> references{0};  // far below zero: claimed
  Counter* next = nullptr;                  // of the pool's list; never changes

  // False: it is being prepared for another period.
  [[nodiscard]] bool try_reference() noexcept;
  void release(std::int64_t references_less = 1) noexcept;
  // Ends a claim.
  void prepared(std::int64_t references_now) noexcept;

  [[nodiscard]] bool contains(WallTime time) const noexcept {
    return begin.load(std::memory_order_relaxed) <= time &&
           time < end.load(std::memory_order_relaxed);
  }
};

class CounterPool {
 public:
  CounterPool() = default;
  ~CounterPool();
  CounterPool(const CounterPool&) = delete;
  CounterPool& operator=(const CounterPool&) = delete;

  // An empty counter of [begin, end), claimed.
  [[nodiscard]] Counter& claim(WallTime begin, WallTime end) noexcept;

 private:
  std::atomic<Counter*> first_{nullptr};
};

// Takes a reference to the counter that `where` points to; null: there is none.
[[nodiscard]] Counter* reference(const std::atomic<Counter*>& where) noexcept;

}  // namespace tg::limits
