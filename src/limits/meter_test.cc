// SPDX-License-Identifier: Apache-2.0
#include "limits/meter.h"

#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>
#include <vector>

namespace tg::limits {
namespace {

constexpr NanoUsd nano(std::int64_t count) { return NanoUsd{count}; }

TEST(Meter, AdmitsUpToItsLimitAndNotANanoDollarMore) {
  Meter meter;
  meter.set_limit(nano(100));
  EXPECT_TRUE(meter.try_hold(nano(60)));
  EXPECT_FALSE(meter.try_hold(nano(41)));
  EXPECT_TRUE(meter.try_hold(nano(40)));
  EXPECT_FALSE(meter.try_hold(nano(1)));
  EXPECT_EQ(meter.read().held, nano(100));
  EXPECT_EQ(meter.read().spent, nano(0));
}

TEST(Meter, ARefusalTakesNothing) {
  Meter meter;
  meter.set_limit(nano(10));
  EXPECT_FALSE(meter.try_hold(nano(11)));
  EXPECT_TRUE(meter.try_hold(nano(10)));
}

TEST(Meter, WithoutALimitAdmitsWhateverFitsItsWord) {
  Meter meter;
  EXPECT_FALSE(meter.limit());
  EXPECT_TRUE(meter.try_hold(NanoUsd::max()));
  EXPECT_FALSE(meter.try_hold(nano(1)));
}

TEST(Meter, ALimitOfZeroAdmitsOnlyWhatIsFree) {
  Meter meter;
  meter.set_limit(nano(0));
  EXPECT_EQ(meter.limit(), nano(0));
  EXPECT_TRUE(meter.try_hold(nano(0)));
  EXPECT_FALSE(meter.try_hold(nano(1)));
}

TEST(Meter, AReleaseGivesTheWholeHoldBack) {
  Meter meter;
  meter.set_limit(nano(100));
  ASSERT_TRUE(meter.try_hold(nano(100)));
  meter.release(nano(100));
  EXPECT_EQ(meter.read().held, nano(0));
  EXPECT_TRUE(meter.try_hold(nano(100)));
}

TEST(Meter, ASettlementPutsTheChargeInTheHoldsPlace) {
  Meter meter;
  meter.set_limit(nano(100));
  ASSERT_TRUE(meter.try_hold(nano(80)));
  meter.settle(nano(80), nano(30));
  EXPECT_EQ(meter.read().spent, nano(30));
  EXPECT_EQ(meter.read().held, nano(0));
  EXPECT_TRUE(meter.try_hold(nano(70)));
  EXPECT_FALSE(meter.try_hold(nano(1)));
}

TEST(Meter, AnUpstreamThatBrokeItsWordShowsAsExcessAndNothingMoreIsAdmitted) {
  Meter meter;
  meter.set_limit(nano(100));
  ASSERT_TRUE(meter.try_hold(nano(50)));
  meter.settle(nano(50), nano(130));
  EXPECT_EQ(meter.read().spent, nano(130));
  EXPECT_FALSE(meter.try_hold(nano(1)));
}

TEST(Meter, AChargeThatIsTooLargeForItsWordOpensNoLimit) {
  Meter meter;
  meter.set_limit(nano(100));
  meter.restore(nano(50));
  ASSERT_TRUE(meter.try_hold(nano(1)));
  meter.settle(nano(1), NanoUsd::max());
  EXPECT_EQ(meter.read().spent, NanoUsd::max());
  EXPECT_FALSE(meter.try_hold(nano(1)));
}

TEST(Meter, ALimitBelowWhatIsCommittedAdmitsNothingMoreAndUndoesNothing) {
  Meter meter;
  meter.set_limit(nano(100));
  ASSERT_TRUE(meter.try_hold(nano(60)));
  meter.set_limit(nano(50));
  EXPECT_FALSE(meter.try_hold(nano(1)));
  EXPECT_EQ(meter.read().held, nano(60));
  meter.settle(nano(60), nano(20));
  EXPECT_TRUE(meter.try_hold(nano(30)));
  EXPECT_FALSE(meter.try_hold(nano(1)));
  meter.set_limit(std::nullopt);
  EXPECT_TRUE(meter.try_hold(nano(1'000'000)));
}

TEST(Meter, WhatTheLedgerKnowsAtStartCountsAgainstTheLimit) {
  Meter meter;
  meter.set_limit(nano(100));
  meter.restore(nano(70));
  EXPECT_EQ(meter.read().spent, nano(70));
  EXPECT_EQ(meter.read().held, nano(0));
  EXPECT_FALSE(meter.try_hold(nano(31)));
  EXPECT_TRUE(meter.try_hold(nano(30)));
}

TEST(Meter, HoldsOfManyThreadsNeverExceedTheLimit) {
  constexpr std::int64_t kLimit = 1'000'003;
  Meter meter;
  meter.set_limit(nano(kLimit));
  std::atomic<std::int64_t> admitted{0};
  const auto seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::vector<std::jthread> threads;
  for (unsigned thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      std::mt19937 random{seed + thread};
      for (int i = 0; i < 50'000; ++i) {
        const auto amount = std::uniform_int_distribution<std::int64_t>{1, 200}(random);
        if (meter.try_hold(nano(amount))) admitted += amount;
      }
    });
  }
  threads.clear();
  EXPECT_LE(admitted, kLimit);
  EXPECT_GT(admitted, kLimit - 200);
  EXPECT_EQ(meter.read().held, nano(admitted));
}

TEST(Meter, HoldsSettlementsAndReleasesOfManyThreadsAddUpAndNeverPassTheLimit) {
  constexpr std::int64_t kLimit = 10'000;
  Meter meter;
  meter.set_limit(nano(kLimit));
  std::atomic<std::int64_t> held_at_once{0};  // raised after a hold, lowered before it ends
  std::atomic<std::int64_t> charged{0};
  std::atomic<bool> exceeded{false};
  const auto seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::vector<std::jthread> threads;
  for (unsigned thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      std::mt19937 random{seed + thread};
      for (int i = 0; i < 50'000; ++i) {
        const auto amount = std::uniform_int_distribution<std::int64_t>{1, 5'000}(random);
        if (!meter.try_hold(nano(amount))) continue;
        if (held_at_once.fetch_add(amount) + amount > kLimit) exceeded = true;
        held_at_once -= amount;
        const bool charge = random() % 1'000 == 0;
        if (charge) {
          meter.settle(nano(amount), nano(1));
          ++charged;
        } else {
          meter.release(nano(amount));
        }
      }
    });
  }
  threads.clear();
  EXPECT_FALSE(exceeded);
  EXPECT_EQ(meter.read().spent, nano(charged));
  EXPECT_EQ(meter.read().held, nano(0));
}

}  // namespace
}  // namespace tg::limits
