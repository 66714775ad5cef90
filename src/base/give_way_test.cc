// SPDX-License-Identifier: Apache-2.0
#include "base/give_way.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <atomic>
#include <thread>

namespace tg {
namespace {

// On the first processor that this thread may run on, as whatever it starts.
class OneProcessor {
 public:
  OneProcessor() {
    ::sched_getaffinity(0, sizeof before_, &before_);
    cpu_set_t one;
    CPU_ZERO(&one);
    for (int i = 0; i < CPU_SETSIZE; ++i) {
      if (CPU_ISSET(i, &before_) == 0) continue;
      CPU_SET(i, &one);
      break;
    }
    ::sched_setaffinity(0, sizeof one, &one);
  }
  ~OneProcessor() { ::sched_setaffinity(0, sizeof before_, &before_); }
  OneProcessor(const OneProcessor&) = delete;
  OneProcessor& operator=(const OneProcessor&) = delete;

 private:
  cpu_set_t before_{};
};

// A thread that would run all the time.
class Other {
 public:
  [[nodiscard]] int runs() const { return runs_; }

 private:
  std::atomic<int> runs_ = 0;
  std::jthread thread_{[this](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      ++runs_;
      ::sched_yield();
    }
  }};
};

TEST(GiveWayTest, AnotherThreadOfTheSameProcessorRunsMeanwhile) {
  const OneProcessor one;
  const Other other;
  const GivingWay gives{true};
  const auto before = other.runs();
  for (int i = 0; i < 100'000; ++i) give_way();
  EXPECT_GE(other.runs() - before, 1'000) << "of 6,250 times that it could";
}

TEST(GiveWayTest, AScopeEndsWithWhatWasBefore) {
  const OneProcessor one;
  const Other other;
  const GivingWay gives{true};
  {
    const GivingWay not_now{false};
    give_way(1'000);
  }
  const auto before = other.runs();
  for (int i = 0; i < 1'000; ++i) give_way(16);
  EXPECT_GE(other.runs() - before, 100);
}

}  // namespace
}  // namespace tg
