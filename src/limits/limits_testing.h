// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <latch>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "limits/limit.h"

// What the tests of this room share.
namespace tg::limits {

// A Wednesday, at the beginning of an hour.
inline constexpr WallTime kStart{std::chrono::sys_days{std::chrono::year{2026} / 11 / 25} +
                                 std::chrono::hours{9}};

inline std::unique_ptr<Limit> make_limit(Rule rule) {
  if (rule.id.empty()) rule.id = "limit_test";
  auto limit = Limit::make(rule);
  EXPECT_TRUE(limit) << limit.error().detail;
  (*limit)->start_enforcing();
  return std::move(*limit);
}

inline bool holds(Limit& limit, std::int64_t units, WallTime now) {
  Hold hold;
  return limit.try_hold(units, now, hold) == Verdict::kHeld;
}

inline Hold must_hold(Limit& limit, std::int64_t units, WallTime now) {
  Hold hold;
  EXPECT_EQ(limit.try_hold(units, now, hold), Verdict::kHeld);
  return hold;
}

// Random numbers with a seed that a failing test prints.
class Random {
 public:
  explicit Random(std::uint64_t seed = std::random_device{}()) : seed_{seed}, engine_{seed} {}

  [[nodiscard]] std::uint64_t seed() const { return seed_; }
  std::int64_t pick(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution{low, high}(engine_);
  }
  bool one_in(std::int64_t many) { return pick(1, many) == 1; }

 private:
  std::uint64_t seed_;
  std::mt19937_64 engine_;
};

// All at once; returns when all are done.
template <typename Work>
void run_threads(unsigned count, Work work) {
  std::latch start{count};
  std::vector<std::jthread> threads;
  threads.reserve(count);
  for (unsigned thread = 0; thread < count; ++thread) {
    threads.emplace_back([&start, work, thread] {
      start.arrive_and_wait();
      work(thread);
    });
  }
}

}  // namespace tg::limits
