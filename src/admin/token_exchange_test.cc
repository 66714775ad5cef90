// SPDX-License-Identifier: Apache-2.0
#include "admin/token_exchange.h"

#include <gtest/gtest.h>

#include <string>

namespace tg::admin {
namespace {

using namespace std::chrono_literals;

TEST(RefusalCount, AHundredAMinuteOfEachNetwork) {
  RefusalCount refusals;
  const SteadyTime now{1h};
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(refusals.is_full("a", now));
    refusals.add("a", now);
  }
  EXPECT_TRUE(refusals.is_full("a", now + 59s));
  EXPECT_FALSE(refusals.is_full("b", now));
  EXPECT_FALSE(refusals.is_full("a", now + 60s));
  refusals.add("a", now + 60s);
  EXPECT_FALSE(refusals.is_full("a", now + 60s));
}

TEST(RefusalCount, RemembersNoMoreNetworksThanItHasRoomFor) {
  RefusalCount refusals;
  const SteadyTime now{1h};
  for (int i = 0; i < 100; ++i) refusals.add("a", now);
  for (int i = 0; i < 5000; ++i) refusals.add(std::to_string(i), now + 2min);
  EXPECT_FALSE(refusals.is_full("a", now + 2min));
}

}  // namespace
}  // namespace tg::admin
