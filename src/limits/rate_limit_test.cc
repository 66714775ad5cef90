// SPDX-License-Identifier: Apache-2.0
#include "limits/rate_limit.h"

#include <algorithm>
#include <ranges>

#include "limits/counter.h"
#include "limits/limits_testing.h"

namespace tg::limits {
namespace {

using namespace std::chrono_literals;

constexpr Rule minute(std::int64_t amount) {
  return {.period = Period::kMinute, .window = Window::kRate, .amount = amount};
}

TEST(RateLimit, LetsOneBurstThroughAtOnceAndThenItsRate) {
  const auto limit = make_limit(minute(60));
  for (int i = 0; i < 60; ++i) EXPECT_TRUE(holds(*limit, 1, kStart));
  EXPECT_FALSE(holds(*limit, 1, kStart));
  EXPECT_FALSE(holds(*limit, 1, kStart + 999ms));
  EXPECT_TRUE(holds(*limit, 1, kStart + 1s));
  EXPECT_FALSE(holds(*limit, 1, kStart + 1s));
  EXPECT_EQ(limit->read(kStart + 1s).resets_at, kStart + 61s);
  EXPECT_EQ(limit->read(kStart + 11s).left(), 10);
}

TEST(RateLimit, IdleTimeEarnsNoMoreThanOneBurst) {
  const auto limit = make_limit(minute(60));
  ASSERT_TRUE(holds(*limit, 60, kStart));
  EXPECT_EQ(limit->read(kStart + 24h).left(), 60);
  EXPECT_FALSE(holds(*limit, 61, kStart + 24h));
  EXPECT_TRUE(holds(*limit, 60, kStart + 24h));
}

TEST(RateLimit, WhatWasNotUsedCanBeTakenAgain) {
  const auto limit = make_limit(minute(60));
  const auto hold = must_hold(*limit, 50, kStart);
  limit->settle(hold, 20);
  EXPECT_EQ(limit->read(kStart).left(), 40);
  EXPECT_TRUE(holds(*limit, 40, kStart));
  EXPECT_FALSE(holds(*limit, 1, kStart));
}

TEST(RateLimit, WhatHasFlowedBackByItselfIsNotGivenBackOnceMore) {
  const auto limit = make_limit(minute(60));
  const auto first = must_hold(*limit, 60, kStart);
  const auto second = must_hold(*limit, 60, kStart + 1min);
  limit->settle(first, 0);
  EXPECT_FALSE(holds(*limit, 1, kStart + 1min));
  limit->settle(second, 10);
  EXPECT_EQ(limit->read(kStart + 1min).left(), 50);
}

TEST(RateLimit, ACallThatUsesMoreThanItHeldIsPaidForByThoseAfterIt) {
  const auto limit = make_limit(minute(60));
  const auto hold = must_hold(*limit, 10, kStart);
  limit->settle(hold, 120);
  EXPECT_FALSE(holds(*limit, 1, kStart + 1min));
  EXPECT_TRUE(holds(*limit, 1, kStart + 1min + 1s));
}

TEST(RateLimit, AStreamGrowsAsTheBucketFills) {
  const auto limit = make_limit(minute(60));
  auto hold = must_hold(*limit, 60, kStart);
  EXPECT_FALSE(limit->try_grow(hold, 10, kStart + 9s));
  EXPECT_TRUE(limit->try_grow(hold, 10, kStart + 10s));
  limit->shrink(hold, 10);
  EXPECT_EQ(hold.units, 60);
  EXPECT_EQ(limit->read(kStart + 10s).left(), 10);
}

TEST(RateLimit, AChangedAmountKeepsTheUnitsThatWereTaken) {
  const auto limit = make_limit(minute(100));
  ASSERT_TRUE(holds(*limit, 80, kStart));
  limit->set_amount(50, kStart);
  EXPECT_EQ(limit->read(kStart).spent, 80);
  EXPECT_FALSE(holds(*limit, 1, kStart + 36s));
  EXPECT_TRUE(holds(*limit, 1, kStart + 38s));
  limit->set_amount(1'000, kStart + 38s);
  EXPECT_EQ(limit->read(kStart + 38s).left(), 950);
  limit->set_amount(0, kStart + 38s);
  EXPECT_FALSE(holds(*limit, 1, kStart + 24h));
  limit->set_amount(100, kStart + 24h);
  EXPECT_TRUE(holds(*limit, 100, kStart + 24h));
}

TEST(RateLimit, WhatTheLedgerKnowsIsTakenAtTheEndOfItsInterval) {
  const auto limit = make_limit(minute(60));
  EXPECT_EQ(limit->counts_from(kStart), kStart - 1min);
  limit->restore(kStart - 1min, kStart - 40s, 30, kStart);
  limit->restore(kStart - 40s, kStart - 20s, 30, kStart);
  EXPECT_EQ(limit->read(kStart).spent, 20);  // 40 s ago 30, of which 20 s ago 10
  EXPECT_TRUE(holds(*limit, 40, kStart));
  EXPECT_FALSE(holds(*limit, 1, kStart));
}

TEST(RateLimit, ASoftLimitThatBecomesHardIsUsableAfterTwoPeriods) {
  Rule rule = minute(60);
  rule.hard = false;
  const auto limit = make_limit(rule);
  for (int call = 0; call < 1'000; ++call) EXPECT_TRUE(holds(*limit, 1'000, kStart));
  EXPECT_EQ(limit->read(kStart).left(), 0);
  limit->set_hard(true);
  EXPECT_FALSE(holds(*limit, 1, kStart + 1min));
  EXPECT_TRUE(holds(*limit, 60, kStart + 2min));
}

TEST(RateLimit, AmountsOfEverySizeAreCountedWithoutOverflow) {
  for (const std::int64_t amount : {std::int64_t{1}, std::int64_t{1'000'000'000'000}, kUnitsMax}) {
    for (const auto period : {Period::kMinute, Period::kYear}) {
      Rule rule = minute(amount);
      rule.period = period;
      const auto limit = make_limit(rule);
      EXPECT_EQ(limit->read(kStart).left(), amount);
      auto hold = must_hold(*limit, amount, kStart);
      EXPECT_FALSE(limit->try_grow(hold, kUnitsMax, kStart));
      EXPECT_FALSE(holds(*limit, amount / 1'000 + 1, kStart));
      limit->settle(hold, kUnitsMax);
      EXPECT_FALSE(holds(*limit, 1, kStart));
    }
  }
}

// What a call took, and when.
struct Taken {
  WallTime at;
  std::int64_t units;
};

// In any interval no more than a burst and the interval's rate: the same as GCRA over what was
// used.
void expect_conforming(std::vector<Taken> all, std::int64_t amount) {
  std::ranges::sort(all, {}, &Taken::at);
  double full_again_ms = 0;
  for (const auto& taken : all) {
    const auto at = static_cast<double>(to_unix_ms(taken.at));
    full_again_ms = std::max(full_again_ms, at) +
                    60'000.0 * static_cast<double>(taken.units) / static_cast<double>(amount);
    ASSERT_LE(full_again_ms, at + 60'000.0 + 0.01) << "at " << to_unix_ms(taken.at);
  }
}

TEST(RateLimit, NoIntervalEverHoldsMoreThanABurstAndItsRateHoweverLongCallsRun) {
  Random random;
  SCOPED_TRACE(testing::Message() << "seed " << random.seed());
  for (int round = 0; round < 300; ++round) {
    const auto amount = random.pick(1, 1'000);
    const auto limit = make_limit(minute(amount));
    struct Call {
      Hold hold;
      std::vector<Taken> taken;
    };
    std::vector<Call> running;
    std::vector<Taken> done;
    auto now = kStart;
    for (int step = 0; step < 600; ++step) {
      if (random.one_in(2)) now += std::chrono::milliseconds{random.pick(0, 20'000)};
      const auto units = random.pick(0, std::max<std::int64_t>(1, amount / random.pick(1, 4)));
      if (running.empty() || random.one_in(2)) {
        Hold hold;
        if (limit->try_hold(units, now, hold) != Verdict::kHeld) continue;
        running.push_back({hold, {{now, units}}});
        continue;
      }
      auto& call = running[static_cast<std::size_t>(random.pick(0, std::ssize(running) - 1))];
      if (random.one_in(3)) {
        if (limit->try_grow(call.hold, units, now)) call.taken.push_back({now, units});
        continue;
      }
      const auto used = random.one_in(3) ? 0 : random.pick(0, call.hold.units);
      limit->settle(call.hold, used);
      // What was not used is what was taken last.
      for (auto unused = call.hold.units - used; auto& taken : call.taken | std::views::reverse) {
        const auto less = std::min(unused, taken.units);
        taken.units -= less;
        unused -= less;
      }
      done.insert(done.end(), call.taken.begin(), call.taken.end());
      std::swap(call, running.back());
      running.pop_back();
    }
    for (const auto& call : running) {
      done.insert(done.end(), call.taken.begin(), call.taken.end());
    }
    expect_conforming(done, amount);
  }
}

}  // namespace
}  // namespace tg::limits
