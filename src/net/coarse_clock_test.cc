// SPDX-License-Identifier: Apache-2.0
#include "net/coarse_clock.h"

#include <gtest/gtest.h>

namespace tg::net {
namespace {

TEST(CoarseClock, IsOnTheLineOfTheSteadyClockAndNeverAhead) {
  const auto begun = std::chrono::steady_clock::now();
  auto coarse = coarse_now();
  EXPECT_LE(coarse, std::chrono::steady_clock::now());
  while (coarse < begun) {  // until the next tick
    const auto next = coarse_now();
    ASSERT_GE(next, coarse);
    coarse = next;
  }
  EXPECT_LE(coarse, std::chrono::steady_clock::now());
}

}  // namespace
}  // namespace tg::net
