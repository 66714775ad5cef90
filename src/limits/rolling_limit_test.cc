// SPDX-License-Identifier: Apache-2.0
#include "limits/rolling_limit.h"

#include <set>

#include "limits/limits_testing.h"

namespace tg::limits {
namespace {

using namespace std::chrono_literals;

constexpr auto kSlot = 1017ms;  // a 59th of a minute, rounded up

constexpr Rule minute(std::int64_t amount) {
  return {.period = Period::kMinute, .window = Window::kRolling, .amount = amount};
}

TEST(RollingLimit, WhatWasHeldCountsForAWholeWindowAndForASlotMoreAtMost) {
  const auto limit = make_limit(minute(100));
  const auto hold = must_hold(*limit, 100, kStart);
  limit->settle(hold, 100);
  EXPECT_FALSE(holds(*limit, 1, kStart + 1min - 1ms));
  EXPECT_FALSE(holds(*limit, 1, kStart + 1min));
  const auto leaves = limit->read(kStart).resets_at;
  EXPECT_GT(leaves, kStart + 1min);
  EXPECT_LE(leaves, kStart + 1min + kSlot);
  EXPECT_FALSE(holds(*limit, 1, leaves - 1ms));
  EXPECT_EQ(limit->read(leaves).left(), 100);
  EXPECT_TRUE(holds(*limit, 100, leaves));
}

TEST(RollingLimit, EachSlotLeavesOnItsOwn) {
  const auto limit = make_limit(minute(60));
  for (int second = 0; second < 60; ++second) {
    EXPECT_TRUE(holds(*limit, 1, kStart + second * kSlot));
  }
  EXPECT_FALSE(holds(*limit, 1, kStart + 59 * kSlot));
  for (int second = 60; second < 200; ++second) {
    EXPECT_TRUE(holds(*limit, 1, kStart + second * kSlot)) << second;
    EXPECT_FALSE(holds(*limit, 1, kStart + second * kSlot)) << second;
  }
}

TEST(RollingLimit, WhatIsSettledAfterItsSlotHasLeftChangesNothing) {
  const auto limit = make_limit(minute(100));
  auto late = must_hold(*limit, 60, kStart);
  const auto now = kStart + 5min;
  ASSERT_TRUE(holds(*limit, 90, now));
  EXPECT_TRUE(limit->try_grow(late, 1'000, now));
  limit->settle(late, 900);
  EXPECT_EQ(limit->read(now).held, 90);
  EXPECT_EQ(limit->read(now).spent, 0);
  EXPECT_FALSE(holds(*limit, 11, now));
  EXPECT_TRUE(holds(*limit, 10, now));
}

TEST(RollingLimit, CountersAreUsedAgainOnceNobodyHoldsOnThem) {
  const auto limit = make_limit(minute(100));
  std::set<void*> counters;
  for (int slot = 0; slot < 1'000; ++slot) {
    const auto hold = must_hold(*limit, 1, kStart + slot * kSlot);
    counters.insert(hold.counter);
    limit->settle(hold, 1);
  }
  EXPECT_LE(counters.size(), 61U);
}

TEST(RollingLimit, ACallThatUsesMoreThanItHeldCountsWhole) {
  const auto limit = make_limit(minute(100));
  const auto hold = must_hold(*limit, 10, kStart);
  limit->settle(hold, 250);
  EXPECT_EQ(limit->read(kStart).spent, 250);
  EXPECT_FALSE(holds(*limit, 1, kStart));
  EXPECT_TRUE(holds(*limit, 100, kStart + 2min));
}

TEST(RollingLimit, ACallBeforeTheNewestSlotIsStale) {
  const auto limit = make_limit(minute(100));
  ASSERT_TRUE(holds(*limit, 1, kStart + kSlot));
  Hold hold;
  EXPECT_EQ(limit->try_hold(1, kStart, hold), Verdict::kStale);
  EXPECT_EQ(limit->read(kStart + kSlot).held, 1);
}

TEST(RollingLimit, WhatTheLedgerKnowsLeavesNoSoonerThanItWouldHave) {
  Rule rule = minute(100);
  rule.id = "limit_test";
  const auto limit = *Limit::make(rule);
  EXPECT_LE(limit->counts_from(kStart), kStart - 1min + kSlot);
  EXPECT_GT(limit->counts_from(kStart), kStart - 1min - kSlot);
  const auto running = must_hold(*limit, 5, kStart);
  limit->restore(kStart - 10min, kStart - 9min, 1'000, kStart);
  limit->restore(kStart - 50s, kStart - 30s, 40, kStart);
  limit->restore(kStart - 30s, kStart + 30s, 50, kStart);  // as if all were used just now
  limit->settle(running, 5);
  limit->start_enforcing();
  EXPECT_EQ(limit->read(kStart).spent, 95);
  EXPECT_TRUE(holds(*limit, 5, kStart));
  EXPECT_FALSE(holds(*limit, 1, kStart + 29s));
  EXPECT_TRUE(holds(*limit, 40, kStart + 30s + kSlot));
  EXPECT_FALSE(holds(*limit, 1, kStart + 59s));
  EXPECT_TRUE(holds(*limit, 60, kStart + 1min + kSlot));
}

TEST(RollingLimit, TheLedgersIntervalsMayComeInAnyOrderToALimitThatHasCountedNothing) {
  const auto limit = make_limit(minute(100));
  limit->restore(kStart - 10s, kStart, 20, kStart);
  limit->restore(kStart - 80s, kStart - 70s, 50, kStart);
  limit->restore(kStart - 20s, kStart - 10s, 30, kStart);
  limit->restore(kStart - 190s, kStart - 180s, 50, kStart);
  EXPECT_EQ(limit->read(kStart).spent, 50);
  EXPECT_FALSE(holds(*limit, 51, kStart));
  EXPECT_TRUE(holds(*limit, 50, kStart));
}

TEST(RollingLimit, LongWindowsAreDividedAlike) {
  const auto limit =
      make_limit({.period = Period::kMonth, .window = Window::kRolling, .amount = 100});
  ASSERT_TRUE(holds(*limit, 100, kStart));
  EXPECT_FALSE(holds(*limit, 1, kStart + 24h * 30 - 1ms));
  EXPECT_TRUE(holds(*limit, 1, kStart + 24h * 31));
}

TEST(RollingLimit, AmountsCanChangeAndSoftLimitsRefuseNothing) {
  const auto limit = make_limit(minute(100));
  ASSERT_TRUE(holds(*limit, 80, kStart));
  limit->set_amount(50);
  EXPECT_FALSE(holds(*limit, 1, kStart));
  limit->set_amount(81);
  EXPECT_TRUE(holds(*limit, 1, kStart));
  limit->set_hard(false);
  EXPECT_TRUE(holds(*limit, kUnitsMax, kStart));
  limit->set_hard(true);
  EXPECT_FALSE(holds(*limit, 1, kStart));
}

}  // namespace
}  // namespace tg::limits
