// SPDX-License-Identifier: Apache-2.0
#include "limits/calendar_limit.h"

#include <set>

#include "limits/limits_testing.h"

namespace tg::limits {
namespace {

using namespace std::chrono_literals;

constexpr Rule minute(std::int64_t amount) { return {.period = Period::kMinute, .amount = amount}; }

TEST(CalendarLimit, AdmitsUpToItsAmountInEachPeriod) {
  const auto limit = make_limit(minute(100));
  EXPECT_TRUE(holds(*limit, 60, kStart));
  EXPECT_FALSE(holds(*limit, 41, kStart));
  EXPECT_TRUE(holds(*limit, 40, kStart + 59'999ms));
  EXPECT_FALSE(holds(*limit, 1, kStart + 59'999ms));
  EXPECT_TRUE(holds(*limit, 100, kStart + 1min));
  EXPECT_EQ(limit->read(kStart + 1min).held, 100);
  EXPECT_EQ(limit->read(kStart + 1min).resets_at, kStart + 2min);
}

TEST(CalendarLimit, ACallGrowsAndSettlesInThePeriodThatHeldIt) {
  const auto limit = make_limit(minute(100));
  auto late = must_hold(*limit, 60, kStart);
  const auto next = must_hold(*limit, 100, kStart + 1min);
  EXPECT_TRUE(limit->try_grow(late, 40, kStart + 1min));
  EXPECT_FALSE(limit->try_grow(late, 1, kStart + 1min));
  EXPECT_EQ(late.units, 100);
  limit->settle(late, 70);
  EXPECT_EQ(limit->read(kStart + 1min).held, 100);
  EXPECT_EQ(limit->read(kStart + 1min).spent, 0);
  limit->settle(next, 30);
  EXPECT_EQ(limit->read(kStart + 1min).spent, 30);
  EXPECT_EQ(limit->read(kStart + 1min).left(), 70);
}

TEST(CalendarLimit, CountersAreUsedAgainOnceNobodyHoldsOnThem) {
  const auto limit = make_limit(minute(100));
  std::set<void*> counters;
  const auto long_call = must_hold(*limit, 1, kStart);
  for (int period = 1; period < 100; ++period) {
    const auto hold = must_hold(*limit, 1, kStart + period * 1min);
    EXPECT_NE(hold.counter, long_call.counter);
    counters.insert(hold.counter);
    limit->settle(hold, 1);
  }
  EXPECT_EQ(counters.size(), 2U);
  limit->settle(long_call, 1);
}

TEST(CalendarLimit, ACallBeforeTheCurrentPeriodIsStale) {
  const auto limit = make_limit(minute(100));
  ASSERT_TRUE(holds(*limit, 1, kStart + 1min));
  Hold hold;
  EXPECT_EQ(limit->try_hold(1, kStart + 59s, hold), Verdict::kStale);
}

TEST(CalendarLimit, APeriodThatNobodyHasCalledInReadsAsEmpty) {
  const auto limit = make_limit(minute(100));
  EXPECT_EQ(limit->read(kStart).resets_at, kStart + 1min);
  const auto hold = must_hold(*limit, 40, kStart);
  limit->settle(hold, 40);
  EXPECT_EQ(limit->read(kStart).spent, 40);
  EXPECT_EQ(limit->read(kStart + 5min).left(), 100);
  EXPECT_EQ(limit->read(kStart + 5min).resets_at, kStart + 6min);
}

TEST(CalendarLimit, WhatTheLedgerKnowsOfThisPeriodIsAddedToWhatWasCountedMeanwhile) {
  Rule rule = minute(100);
  rule.period = Period::kDay;
  rule.id = "limit_test";
  const auto limit = *Limit::make(rule);
  const auto midnight = kStart - 9h;
  EXPECT_EQ(limit->counts_from(kStart), midnight);
  const auto running = must_hold(*limit, 50, kStart);
  limit->restore(midnight - 1h, midnight, 1'000, kStart);
  limit->restore(midnight, midnight + 1h, 30, kStart);
  limit->restore(midnight + 1h, midnight + 24h, 40, kStart);
  limit->settle(running, 20);
  EXPECT_FALSE(limit->refuses());
  EXPECT_EQ(limit->read(kStart).spent, 90);
  limit->start_enforcing();
  EXPECT_TRUE(holds(*limit, 10, kStart));
  EXPECT_FALSE(holds(*limit, 1, kStart));
}

TEST(CalendarLimit, AnOpenIntervalOfTheLedgerDoesNotOpenAPeriodOfTheFuture) {
  const auto limit = make_limit(minute(100));
  limit->restore(kStart, WallTime::max(), 60, kStart + 5s);
  EXPECT_EQ(limit->read(kStart + 5s).spent, 60);
  EXPECT_TRUE(holds(*limit, 40, kStart + 5s));
}

TEST(CalendarLimit, ACallThatWasAdmittedBeforeTheLimitCountsInItsPeriodOnly) {
  const auto limit = make_limit(minute(100));
  limit->add(30, kStart);
  EXPECT_EQ(limit->read(kStart).spent, 30);
  limit->add(20, kStart + 1min);
  limit->add(99, kStart);
  EXPECT_EQ(limit->read(kStart + 1min).spent, 20);
}

TEST(CalendarLimit, ALimitBelowWhatIsCommittedAdmitsNothingMoreAndUndoesNothing) {
  const auto limit = make_limit(minute(100));
  const auto hold = must_hold(*limit, 60, kStart);
  limit->set_amount(50);
  EXPECT_FALSE(holds(*limit, 1, kStart));
  EXPECT_EQ(limit->read(kStart).held, 60);
  limit->settle(hold, 20);
  EXPECT_TRUE(holds(*limit, 30, kStart));
  EXPECT_FALSE(holds(*limit, 1, kStart));
}

TEST(CalendarLimit, ASoftLimitCountsAndRefusesNothing) {
  Rule rule = minute(10);
  rule.hard = false;
  const auto limit = make_limit(rule);
  const auto hold = must_hold(*limit, 50, kStart);
  EXPECT_EQ(limit->read(kStart).held, 50);
  EXPECT_EQ(limit->read(kStart).left(), 0);
  limit->set_hard(true);
  EXPECT_FALSE(holds(*limit, 1, kStart));
  limit->settle(hold, 5);
  EXPECT_TRUE(holds(*limit, 5, kStart));
}

TEST(CalendarLimit, WhatIsTooLargeForItsWordOpensNoLimit) {
  const auto limit = make_limit(minute(100));
  auto hold = must_hold(*limit, 1, kStart);
  limit->settle(hold, kUnitsMax);
  EXPECT_EQ(limit->read(kStart).spent, kUnitsMax);
  EXPECT_FALSE(holds(*limit, 1, kStart));
  limit->set_hard(false);
  hold = must_hold(*limit, kUnitsMax, kStart);
  limit->settle(hold, kUnitsMax);
  limit->set_hard(true);
  EXPECT_FALSE(holds(*limit, 1, kStart));
}

TEST(CalendarLimit, ADayOfItsTimeZoneBeginsAtThatZonesMidnight) {
  const auto limit =
      make_limit({.period = Period::kDay, .time_zone = "Asia/Kolkata", .amount = 100});
  const auto midnight = kStart - 9h + 18h + 30min;
  ASSERT_TRUE(holds(*limit, 100, midnight - 1ms));
  EXPECT_FALSE(holds(*limit, 1, midnight - 1ms));
  EXPECT_TRUE(holds(*limit, 100, midnight));
}

TEST(CalendarLimit, AmountsThatNobodySetAdmitWhateverFits) {
  const auto limit = make_limit(minute(kUnitsMax));
  EXPECT_TRUE(holds(*limit, kUnitsMax, kStart));
  EXPECT_FALSE(holds(*limit, 1, kStart));
}

TEST(TotalLimit, CallsAtOnceAreCountedUntilTheyEnd) {
  const auto limit = make_limit({.metric = Metric::kConcurrency, .amount = 2});
  const auto first = must_hold(*limit, 1, kStart);
  const auto second = must_hold(*limit, 1, kStart);
  EXPECT_FALSE(holds(*limit, 1, kStart));
  limit->settle(first, 0);
  EXPECT_TRUE(holds(*limit, 1, kStart));
  limit->settle(second, 0);
  limit->add(1, kStart);
  limit->restore(kStart, kStart + 1h, 1, kStart);
  EXPECT_EQ(limit->read(kStart).spent, 0);
  EXPECT_EQ(limit->read(kStart).held, 1);
}

TEST(TotalLimit, CountsWhateverWasEverUsed) {
  const auto limit = make_limit({.amount = 100});
  EXPECT_EQ(limit->counts_from(kStart), WallTime{});
  limit->restore(WallTime{}, kStart, 70, kStart);
  auto hold = must_hold(*limit, 20, kStart + 24h * 1000);
  EXPECT_TRUE(limit->try_grow(hold, 10, kStart));
  EXPECT_FALSE(limit->try_grow(hold, 1, kStart));
  limit->settle(hold, 25);
  EXPECT_EQ(limit->read(kStart).spent, 95);
  EXPECT_EQ(limit->read(kStart).resets_at, WallTime::max());
}

}  // namespace
}  // namespace tg::limits
