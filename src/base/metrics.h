// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <span>

// Numbers that one thread counts and any may read: no lock, and no instruction that locks the bus.
//
// Threading:  one writer each, any reader. A reader may see one number newer than another.
namespace tg {

class Count {
 public:
  void add(std::int64_t number) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + number, std::memory_order_relaxed);
  }
  [[nodiscard]] std::int64_t read() const noexcept {
    return value_.load(std::memory_order_relaxed);
  }

 private:
  std::atomic<std::int64_t> value_{0};
};

// How often something took how long: `kBounds` are the most microseconds of each bucket, ascending.
template <auto kBounds>
class Durations {
 public:
  void note(std::chrono::microseconds time) noexcept {
    const auto bound = std::ranges::lower_bound(kBounds, time.count());
    counts_[static_cast<std::size_t>(bound - kBounds.begin())].add(1);
    sum_us_.add(time.count());
  }

  // Of each bucket alone; the last has no bound.
  [[nodiscard]] std::span<const Count> counts() const noexcept { return counts_; }
  [[nodiscard]] std::int64_t sum_us() const noexcept { return sum_us_.read(); }

 private:
  std::array<Count, kBounds.size() + 1> counts_;
  Count sum_us_;
};

}  // namespace tg
