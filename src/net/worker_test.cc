// SPDX-License-Identifier: Apache-2.0
#include "net/worker.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "net/task.h"

namespace tg::net {
namespace {

using namespace std::chrono_literals;

SteadyTime now() { return std::chrono::steady_clock::now(); }

TEST(Worker, WhatThreadsPostRunsOnItInEachOnesOrder) {
  constexpr int kThreads = 4;
  constexpr int kEach = 5'000;
  Worker worker{0};
  std::array<int, kThreads> next{};
  std::atomic<int> strangers = 0;
  int left = kThreads * kEach;
  const auto here = std::this_thread::get_id();
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kEach; ++i) {
        worker.post([&, thread, i] {
          if (std::this_thread::get_id() != here) ++strangers;
          EXPECT_EQ(next[thread]++, i);
          if (--left == 0) worker.stop();
        });
      }
    });
  }
  worker.run();
  EXPECT_EQ(left, 0);
  EXPECT_EQ(strangers, 0);
}

// One post at a time, each when the worker has nothing to do but wait.
TEST(Worker, PostWakesAWorkerThatWaits) {
  Worker worker{0};
  std::atomic<int> done = 0;
  std::jthread poster{[&] {
    for (int i = 0; i < 500; ++i) {
      worker.post([&] { ++done, done.notify_one(); });
      done.wait(i);
    }
    worker.stop();
  }};
  worker.run();
  EXPECT_EQ(done, 500);
}

void post_again(Worker& worker, int& turns) {
  worker.post([&worker, &turns] {
    ++turns;
    post_again(worker, turns);
  });
}

TEST(Worker, WorkThatPostsItselfLetsOthersHaveTheirTurn) {
  Worker worker{0};
  int turns = 0;
  post_again(worker, turns);
  Timer timer{worker.timers(), [&] { worker.stop(); }};
  timer.set(now() + 30ms);
  worker.run();
  EXPECT_GT(turns, 1);
}

TEST(Worker, StoppedBeforeItRunsDoesNothing) {
  Worker worker{0};
  bool ran = false;
  worker.post([&] { ran = true; });
  worker.stop();
  worker.run();
  EXPECT_FALSE(ran);
}

TEST(Worker, WhatNeverRanIsDestroyedWithIt) {
  auto held = std::make_shared<int>(0);
  {
    Worker worker{0};
    // A timer that leaves a wheel which is gone would be a use after free.
    worker.post([held, timer = std::make_unique<Timer>(worker.timers(), [] {})] {});
    EXPECT_EQ(held.use_count(), 2);
  }
  EXPECT_EQ(held.use_count(), 1);
}

Task<void> wait_twice(Worker* worker, std::vector<SteadyTime::duration>* late) {
  for (const auto time : {60ms, 10ms}) {
    Pause pause{*worker};
    const auto until = now() + time;
    EXPECT_TRUE(co_await pause.until(until));
    late->push_back(now() - until);
  }
  worker->stop();
}

TEST(Worker, TimersFireThoughNothingElseHappens) {
  Worker worker{0};
  std::vector<SteadyTime::duration> late;
  worker.post([&] { start(wait_twice(&worker, &late)); });
  worker.run();
  ASSERT_EQ(late.size(), 2U);
  EXPECT_GE(late[0], 0s);
  EXPECT_GE(late[1], 0s);
}

TEST(Worker, LagIsWhatATickCameLate) {
  constexpr auto kBusy = 200ms;
  Worker worker{0};
  EXPECT_EQ(worker.lag(), 0s);
  SteadyTime::duration lag{};
  Timer timer{worker.timers(), [&] {
                lag = worker.lag();
                worker.stop();
              }};
  worker.post([&] {
    timer.set(now());
    for (const auto end = now() + kBusy; now() < end;) {
    }
  });
  worker.run();
  EXPECT_GE(lag, kBusy - 2 * TimerWheel::kTick);
}

}  // namespace
}  // namespace tg::net
