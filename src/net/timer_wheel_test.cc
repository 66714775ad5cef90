// SPDX-License-Identifier: Apache-2.0
#include "net/timer_wheel.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <vector>

namespace tg::net {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime kStart{1h};

TEST(TimerWheel, FiresWithinTwoTicksAndNeverEarly) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random{seed};
  TimerWheel wheel{kStart};
  auto now = kStart;
  struct Planned {
    SteadyTime at;
    SteadyTime fired_at{};
    std::unique_ptr<Timer> timer;
  };
  std::vector<Planned> all(500);
  for (auto& planned : all) {
    planned.at = kStart + std::chrono::milliseconds{random() % 120'000};
    planned.timer = std::make_unique<Timer>(wheel, [&] { planned.fired_at = now; });
    planned.timer->set(planned.at);
  }
  for (; now < kStart + 125s; now += std::chrono::milliseconds{1 + random() % 30}) {
    wheel.advance(now);
  }
  for (const auto& planned : all) {
    EXPECT_GE(planned.fired_at, planned.at);
    EXPECT_LE(planned.fired_at, planned.at + 3 * TimerWheel::kTick + 30ms);
  }
}

TEST(TimerWheel, MovedTimerFiresAtItsNewTimeOnly) {
  TimerWheel wheel{kStart};
  int fired = 0;
  Timer timer{wheel, [&] { ++fired; }};
  timer.set(kStart + 1s);
  timer.set(kStart + 10s);
  wheel.advance(kStart + 5s);
  EXPECT_EQ(fired, 0);
  timer.set(kStart + 6s);
  wheel.advance(kStart + 7s);
  EXPECT_EQ(fired, 1);
  wheel.advance(kStart + 60s);
  EXPECT_EQ(fired, 1);
}

TEST(TimerWheel, ClearedOrDestroyedTimerStaysSilent) {
  TimerWheel wheel{kStart};
  int fired = 0;
  Timer cleared{wheel, [&] { ++fired; }};
  cleared.set(kStart + 1s);
  cleared.clear();
  {
    Timer destroyed{wheel, [&] { ++fired; }};
    destroyed.set(kStart + 1s);
  }
  wheel.advance(kStart + 60s);
  EXPECT_EQ(fired, 0);
}

TEST(TimerWheel, TimerMayDestroyAnotherOneOfItsSlot) {
  TimerWheel wheel{kStart};
  int fired = 0;
  std::unique_ptr<Timer> first;
  std::unique_ptr<Timer> second;
  first = std::make_unique<Timer>(wheel, [&] {
    ++fired;
    second.reset();
  });
  second = std::make_unique<Timer>(wheel, [&] {
    ++fired;
    first.reset();
  });
  first->set(kStart + 1s);
  second->set(kStart + 1s);
  wheel.advance(kStart + 5s);
  EXPECT_EQ(fired, 1);
}

}  // namespace
}  // namespace tg::net
