// SPDX-License-Identifier: Apache-2.0
#include "limits/reservation.h"

#include <array>

#include "limits/limits_testing.h"

namespace tg::limits {
namespace {

using namespace std::chrono_literals;

// A key, a service account, a project and an organization.
class ReservationTest : public testing::Test {
 protected:
  Limit& set(std::size_t level, Rule rule) {
    rule.id = "limit_" + std::to_string(++made_);
    return sets_[level].add(make_limit(rule));
  }
  std::optional<Refused> hold(Reservation& reservation, const Claim& claim) {
    auto now = kStart;
    return reservation.try_hold(levels_, "gpt-5", claim, now);
  }
  static Claim claim(std::int64_t nanousd, std::int64_t tokens = 0) {
    const Amounts bound{.money = NanoUsd{nanousd}, .tokens = tokens};
    return {.bound = bound, .untrusted = {.money = NanoUsd{nanousd * 10}, .tokens = tokens * 10}};
  }
  static Amounts used(std::int64_t nanousd, std::int64_t tokens = 0) {
    return {.money = NanoUsd{nanousd}, .tokens = tokens};
  }

  int made_ = 0;
  std::array<LimitSet, 4> sets_;
  std::array<const LimitSet*, 4> levels_{&sets_[0], &sets_[1], &sets_[2], &sets_[3]};
};

TEST_F(ReservationTest, WithoutLimitsEverythingIsHeldAndNothingIsRefused) {
  Reservation reservation;
  EXPECT_FALSE(hold(reservation, claim(NanoUsd::max().count() / 10)));
  EXPECT_FALSE(reservation.try_grow(used(1)));
  reservation.settle(used(5));
}

TEST_F(ReservationTest, HoldsEachMetricOnItsLimitAndSettlesWhatWasUsed) {
  auto& money = set(0, {.metric = Metric::kMoney, .amount = 1'000});
  auto& tokens = set(1, {.metric = Metric::kTokens, .period = Period::kDay, .amount = 500});
  auto& requests = set(2, {.metric = Metric::kRequests,
                           .period = Period::kMinute,
                           .window = Window::kRolling,
                           .amount = 3});
  auto& calls = set(3, {.metric = Metric::kConcurrency, .amount = 2});
  Reservation reservation;
  ASSERT_FALSE(hold(reservation, claim(100, 40)));
  EXPECT_EQ(money.read(kStart).held, 100);
  EXPECT_EQ(tokens.read(kStart).held, 40);
  EXPECT_EQ(requests.read(kStart).held, 1);
  EXPECT_EQ(calls.read(kStart).held, 1);

  reservation.settle(used(70, 30));
  EXPECT_EQ(money.read(kStart).spent, 70);
  EXPECT_EQ(tokens.read(kStart).spent, 30);
  EXPECT_EQ(requests.read(kStart).spent, 1);
  EXPECT_EQ(calls.read(kStart).spent, 0);
  for (const auto* limit : {&money, &tokens, &requests, &calls}) {
    EXPECT_EQ(limit->read(kStart).held, 0);
  }
}

TEST_F(ReservationTest, ARefusalNamesTheLimitAndItsLevelAndLeavesNothingHeld) {
  auto& key = set(0, {.amount = 1'000});
  auto& project = set(2, {.amount = 1'000});
  auto& organization = set(3, {.amount = 99});
  Reservation reservation;
  const auto refused = hold(reservation, claim(100));
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->limit, &organization);
  EXPECT_EQ(refused->level, 3U);
  EXPECT_EQ(refused->asked, 100);
  EXPECT_EQ(refused->reading.left(), 99);
  EXPECT_EQ(key.read(kStart).held, 0);
  EXPECT_EQ(project.read(kStart).held, 0);
}

TEST_F(ReservationTest, ALimitOfAnotherModelCountsNothing) {
  auto& other = set(0, {.model = "gpt-4o", .amount = 0});
  auto& same = set(0, {.model = "gpt-5", .amount = 100});
  Reservation reservation;
  ASSERT_FALSE(hold(reservation, claim(10)));
  reservation.settle(used(10));
  EXPECT_EQ(other.read(kStart).spent, 0);
  EXPECT_EQ(same.read(kStart).spent, 10);
}

TEST_F(ReservationTest, ALimitThatTrustsNoUpstreamHoldsWhatTheModelCouldUse) {
  auto& trusting = set(0, {.amount = 1'000});
  auto& untrusting = set(3, {.amount = 1'000, .trusts_upstream = false});
  Reservation reservation;
  ASSERT_FALSE(hold(reservation, claim(50)));
  EXPECT_EQ(trusting.read(kStart).held, 50);
  EXPECT_EQ(untrusting.read(kStart).held, 500);
  ASSERT_FALSE(reservation.try_grow(used(50)));
  EXPECT_EQ(trusting.read(kStart).held, 100);
  EXPECT_EQ(untrusting.read(kStart).held, 500);
  EXPECT_TRUE(Reservation::any_untrusting(levels_, "gpt-5"));
  reservation.settle(used(80));
  EXPECT_EQ(untrusting.read(kStart).spent, 80);
}

TEST_F(ReservationTest, AGrowthIsAllOrNothingAndRequestsAndCallsDoNotGrow) {
  auto& money = set(0, {.amount = 100});
  auto& calls = set(0, {.metric = Metric::kConcurrency, .amount = 1});
  auto& requests = set(0, {.metric = Metric::kRequests, .amount = 1});
  auto& rate = set(
      1,
      {.metric = Metric::kTokens, .period = Period::kHour, .window = Window::kRate, .amount = 60});
  auto& tokens = set(2, {.metric = Metric::kTokens,
                         .period = Period::kHour,
                         .window = Window::kRolling,
                         .amount = 15});
  Reservation reservation;
  ASSERT_FALSE(hold(reservation, claim(10, 10)));
  ASSERT_FALSE(reservation.try_grow(used(10, 5), kStart));
  const auto refused = reservation.try_grow(used(10, 5), kStart);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->limit, &tokens);
  EXPECT_EQ(refused->level, 2U);
  EXPECT_EQ(money.read(kStart).held, 20);
  EXPECT_EQ(rate.read(kStart).left(), 45);
  EXPECT_EQ(tokens.read(kStart).held, 15);
  EXPECT_EQ(calls.read(kStart).held, 1);
  EXPECT_EQ(requests.read(kStart).held, 1);
  reservation.release();
  EXPECT_EQ(money.read(kStart).held, 0);
  EXPECT_EQ(rate.read(kStart).left(), 60);
  EXPECT_EQ(tokens.read(kStart).held, 0);
  EXPECT_EQ(requests.read(kStart).left(), 1);
}

TEST_F(ReservationTest, ALimitThatIsSetDuringACallCountsWhatTheCallUsed) {
  auto& before = set(0, {.amount = 100});
  Reservation reservation;
  ASSERT_FALSE(hold(reservation, claim(10)));
  auto& beside = set(0, {.amount = 100});
  auto& above = set(3, {.period = Period::kDay, .amount = 100});
  auto& other_model = set(3, {.model = "gpt-4o", .amount = 100});
  auto& calls = set(3, {.metric = Metric::kConcurrency, .amount = 1});
  reservation.settle(used(7));
  EXPECT_EQ(before.read(kStart).spent, 7);
  EXPECT_EQ(beside.read(kStart).spent, 7);
  EXPECT_EQ(above.read(kStart).spent, 7);
  EXPECT_EQ(other_model.read(kStart).spent, 0);
  EXPECT_EQ(calls.read(kStart).held, 0);
}

TEST_F(ReservationTest, ALimitThatIsRemovedDuringACallIsSettledAllTheSame) {
  auto& limit = set(0, {.amount = 100});
  Reservation reservation;
  ASSERT_FALSE(hold(reservation, claim(10)));
  EXPECT_TRUE(sets_[0].remove(limit.rule().id));
  EXPECT_FALSE(sets_[0].remove(limit.rule().id));
  EXPECT_TRUE(sets_[0].limits().empty());
  reservation.settle(used(10));
  EXPECT_EQ(limit.read(kStart).spent, 10);
  EXPECT_EQ(limit.read(kStart).held, 0);
}

WallTime next_minute() { return kStart + 1min; }
WallTime never_moves() { return kStart; }

TEST_F(ReservationTest, ALimitThatWasRemovedRefusesARunningCallNothingMore) {
  set(0, {.metric = Metric::kMoney, .amount = 100});
  Reservation reservation;
  ASSERT_FALSE(hold(reservation, claim(100)));
  EXPECT_TRUE(reservation.try_grow(used(1)));
  ASSERT_TRUE(sets_[0].remove("limit_1"));
  EXPECT_FALSE(reservation.try_grow(used(1)));
  reservation.settle(used(101));
}

TEST_F(ReservationTest, ACallWhosePeriodHasEndedLooksAtTheClockAgainAndStartsOver) {
  auto& total = set(0, {.amount = 100});
  auto& minute = set(1, {.period = Period::kMinute, .amount = 100});
  ASSERT_TRUE(holds(minute, 1, kStart + 1min));
  Reservation reservation;
  auto now = kStart;
  ASSERT_FALSE(reservation.try_hold(levels_, "gpt-5", claim(10), now, next_minute));
  EXPECT_EQ(now, kStart + 1min);
  EXPECT_EQ(total.read(now).held, 10);
  EXPECT_EQ(minute.read(now).held, 11);
  reservation.settle(used(1));
}

TEST_F(ReservationTest, AClockThatDisagreesWithALimitEndsInARefusal) {
  auto& minute = set(1, {.period = Period::kMinute, .amount = 100});
  ASSERT_TRUE(holds(minute, 1, kStart + 1min));
  Reservation reservation;
  auto now = kStart;
  EXPECT_TRUE(reservation.try_hold(levels_, "gpt-5", claim(10), now, never_moves));
}

TEST_F(ReservationTest, TheLeastLeftIsThatOfTheTightestLimitOfTheMetric) {
  EXPECT_FALSE(Reservation::least_left(levels_, "gpt-5", Metric::kMoney, kStart));
  EXPECT_FALSE(Reservation::any_untrusting(levels_, "gpt-5"));
  set(0, {.amount = 100});
  set(1, {.amount = 60, .hard = false});
  set(2, {.amount = 70, .trusts_upstream = false});
  set(2, {.model = "gpt-4o", .amount = 10});
  set(3, {.period = Period::kDay, .amount = 80});
  EXPECT_EQ(Reservation::least_left(levels_, "gpt-5", Metric::kMoney, kStart), 80);
  EXPECT_EQ(Reservation::least_left(levels_, "gpt-4o", Metric::kMoney, kStart), 10);
  EXPECT_FALSE(Reservation::least_left(levels_, "gpt-5", Metric::kTokens, kStart));
}

TEST_F(ReservationTest, TheTightestLimitIsOneThatOpensAgain) {
  const auto tightest = [&](std::string_view model) {
    const auto found = Reservation::tightest(levels_, model, Metric::kRequests, kStart);
    return found ? found->reading.left() : -1;
  };
  EXPECT_EQ(tightest("gpt-5"), -1);
  set(0, {.metric = Metric::kRequests, .period = Period::kTotal, .amount = 1});
  set(0, {.metric = Metric::kTokens, .period = Period::kMinute, .amount = 2});
  set(1, {.metric = Metric::kRequests, .period = Period::kMinute, .amount = 3, .hard = false});
  EXPECT_EQ(tightest("gpt-5"), -1);
  set(2, {.metric = Metric::kRequests, .period = Period::kMinute, .amount = 60});
  set(3, {.metric = Metric::kRequests, .period = Period::kDay, .amount = 50});
  set(3, {.metric = Metric::kRequests,
          .period = Period::kMinute,
          .window = Window::kRate,
          .model = "gpt-4o",
          .amount = 10});
  EXPECT_EQ(tightest("gpt-5"), 50);
  EXPECT_EQ(tightest("gpt-4o"), 10);
}

TEST_F(ReservationTest, MoreLimitsThanFitInlineAreHeldAndSettledToo) {
  std::vector<Limit*> all;
  all.reserve(20);
  for (std::size_t count = 0; count < 20; ++count) {
    all.push_back(&set(count % 4, {.amount = 100}));
  }
  Reservation reservation;
  ASSERT_FALSE(hold(reservation, claim(10)));
  for (const auto* limit : all) EXPECT_EQ(limit->read(kStart).held, 10);
  reservation.settle(used(4));
  for (const auto* limit : all) EXPECT_EQ(limit->read(kStart).spent, 4);

  auto& full = set(3, {.amount = 0});
  EXPECT_EQ(hold(reservation, claim(10))->limit, &full);
  for (const auto* limit : all) EXPECT_EQ(limit->read(kStart).held, 0);
}

TEST_F(ReservationTest, WhatIsMovedHoldsOnAndSettlesOnce) {
  auto& money = set(0, {.metric = Metric::kMoney, .amount = 1'000});
  auto& calls = set(3, {.metric = Metric::kConcurrency, .amount = 2});
  Reservation first;
  ASSERT_FALSE(hold(first, claim(100)));
  Reservation second{std::move(first)};
  const std::string model{"gpt-5"};
  second.go_on(model);
  EXPECT_EQ(money.read(kStart).held, 100);
  EXPECT_EQ(calls.read(kStart).held, 0);  // nobody waits for it any more
  second.settle(used(30));
  EXPECT_EQ(money.read(kStart).held, 0);
  EXPECT_EQ(money.read(kStart).spent, 30);
}

TEST_F(ReservationTest, AnEarlierServersHoldIsHeldAgainWhereItsPeriodLasts) {
  sets_[0].add(Limit::make({.id = "total", .metric = Metric::kMoney, .amount = 50}).value());
  sets_[1].add(
      Limit::make({.id = "day", .metric = Metric::kMoney, .period = Period::kDay, .amount = 1'000})
          .value());
  auto& total = *sets_[0].find("total");
  auto& day = *sets_[1].find("day");
  Reservation reservation;
  const Amounts amounts{.money = NanoUsd{100}, .tokens = 7};
  // More than the limit has: it was let in when there was room.
  reservation.hold_again(levels_, "gpt-5", amounts, kStart, kStart + 25h);
  total.start_enforcing();
  day.start_enforcing();
  EXPECT_EQ(total.read(kStart + 25h).held, 100);
  EXPECT_EQ(day.read(kStart + 25h).held, 0);
  reservation.settle(used(40));
  EXPECT_EQ(total.read(kStart + 25h).spent, 40);
  EXPECT_EQ(total.read(kStart + 25h).held, 0);
  EXPECT_EQ(day.read(kStart + 25h).spent, 0);  // it belongs to yesterday
}

}  // namespace
}  // namespace tg::limits
