// SPDX-License-Identifier: Apache-2.0
#include "ledger/estimates.h"

#include <gtest/gtest.h>

namespace tg::ledger {
namespace {

config::Model priced(config::Unit unit) {
  config::Model model;
  model.prices.add({.unit = unit, .nanousd_per_million = 1});
  return model;
}

TEST(Estimates, TokensAreRoundedUp) {
  EXPECT_EQ(estimated_tokens(0), 0);
  EXPECT_EQ(estimated_tokens(1), 1);
  EXPECT_EQ(estimated_tokens(4), 1);
  EXPECT_EQ(estimated_tokens(5), 2);
}

TEST(Estimates, TextAndImagesOfAChatAreCounted) {
  openai::RequestPeek request;
  request.input_bytes = 400;
  request.images = 2;
  const auto usage = estimated_input(priced(config::Unit::kInputTextToken),
                                     openai::Endpoint::kChatCompletions, request);
  EXPECT_EQ(usage.input_text_tokens, 100);
  EXPECT_GT(usage.input_image_tokens, 0);
  EXPECT_EQ(usage.source, openai::UsageSource::kEstimated);
}

TEST(Estimates, RecordingIsCountedInTheUnitThatHasAPrice) {
  openai::RequestPeek request;
  request.input_milliseconds = 12'000;
  const auto by_second = estimated_input(priced(config::Unit::kInputSecond),
                                         openai::Endpoint::kTranscriptions, request);
  EXPECT_EQ(by_second.input_milliseconds, 12'000);
  EXPECT_EQ(by_second.input_audio_tokens, 0);
  const auto by_token = estimated_input(priced(config::Unit::kInputAudioToken),
                                        openai::Endpoint::kTranscriptions, request);
  EXPECT_GT(by_token.input_audio_tokens, 0);
}

TEST(Estimates, PriceOfZeroIsNoPrice) {
  EXPECT_TRUE(priced_by(priced(config::Unit::kOutputImage), config::Unit::kOutputImage));
  config::Model given_away;
  given_away.prices.add({.unit = config::Unit::kOutputImage});
  EXPECT_FALSE(priced_by(given_away, config::Unit::kOutputImage));
}

}  // namespace
}  // namespace tg::ledger
