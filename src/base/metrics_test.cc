// SPDX-License-Identifier: Apache-2.0
#include "base/metrics.h"

#include <gtest/gtest.h>

#include <vector>

namespace tg {
namespace {

using namespace std::chrono_literals;

TEST(Metrics, ATimeFallsIntoTheFirstBucketThatHoldsIt) {
  Durations<std::array<std::int64_t, 2>{10, 1000}> durations;
  for (const auto time : {0us, 10us, 11us, 1000us, 1001us, 5'000'000us}) durations.note(time);
  std::vector<std::int64_t> counts;
  for (const auto& count : durations.counts()) counts.push_back(count.read());
  EXPECT_EQ(counts, (std::vector<std::int64_t>{2, 2, 2}));
  EXPECT_EQ(durations.sum_us(), 5'002'022);
}

TEST(Metrics, ACountGoesUpAndDown) {
  Count count;
  count.add(3);
  count.add(-1);
  EXPECT_EQ(count.read(), 2);
}

}  // namespace
}  // namespace tg
