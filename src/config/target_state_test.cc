// SPDX-License-Identifier: Apache-2.0
#include "config/target_state.h"

#include <gtest/gtest.h>

namespace tg::config {
namespace {

TEST(TargetState, SaysNothingUntilItHasSeenEnough) {
  TargetState state;
  for (int i = 0; i < 63; ++i) state.add_answer(500);
  EXPECT_EQ(state.median_output_tokens(), 0);
  state.add_answer(500);
  EXPECT_EQ(state.median_output_tokens(), 500);
  EXPECT_EQ(state.percentile_95_output_tokens(), 500);
}

TEST(TargetState, ForgetsAllButTheLastThousandAnswers) {
  TargetState state;
  for (int i = 0; i < 1000; ++i) state.add_answer(1'000'000);
  for (int i = 0; i < 1280; ++i) state.add_answer(i % 100);
  EXPECT_LT(state.percentile_95_output_tokens(), 100);
  EXPECT_GE(state.percentile_95_output_tokens(), 93);
  EXPECT_NEAR(static_cast<double>(state.median_output_tokens()), 49, 2);
}

TEST(TargetState, AbsurdSizesAreCut) {
  TargetState state;
  for (int i = 0; i < 64; ++i) state.add_answer(i % 2 == 0 ? -5 : std::int64_t{1} << 60);
  EXPECT_GE(state.median_output_tokens(), 0);
  EXPECT_LE(state.percentile_95_output_tokens(), std::int64_t{1} << 32);
}

TEST(TargetStates, OneForEachUpstreamModel) {
  TargetStates states;
  const auto one = states.of(ProviderId{"provider_a"}, "m");
  EXPECT_EQ(one, states.of(ProviderId{"provider_a"}, "m"));
  EXPECT_NE(one, states.of(ProviderId{"provider_b"}, "m"));
  EXPECT_NE(one, states.of(ProviderId{"provider_a"}, "n"));
}

}  // namespace
}  // namespace tg::config
