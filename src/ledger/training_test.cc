// SPDX-License-Identifier: Apache-2.0
#include "ledger/training.h"

#include <gtest/gtest.h>

#include <limits>

#include "ledger/price_sum.h"
#include "ledger/test_prices.h"

namespace tg::ledger {
namespace {

using config::Unit;
using openai::Endpoint;
using openai::RequestPeek;

config::Model trained() {
  auto model = gpt_4o();
  model.prices.add({.unit = Unit::kInputTextToken,
                    .tier = "training",
                    .nanousd_per_million = micro_usd(25'000'000)});
  return model;
}

NanoUsd charged(const config::Model& model, std::string_view tier) {
  return charge(model, used({.input_text_tokens = 1'000}),
                {.tier = tier, .size = {}, .quality = {}})
      .value_or(NanoUsd{-1});
}

TEST(Training, ItsPriceIsItsOwnAndNobodyElses) {
  EXPECT_EQ(charged(trained(), "training"), NanoUsd{25'000'000});
  for (const auto* tier : {"", "default", "batch", "flex", "priority", "auto", "Training"}) {
    EXPECT_EQ(charged(trained(), tier), NanoUsd{2'500'000}) << tier;
  }
}

TEST(Training, WithoutAPriceOfItsOwnItHasNone) {
  EXPECT_EQ(charged(gpt_4o(), "training"), NanoUsd{-1});
  EXPECT_EQ(training_bound(gpt_4o(), 10, 3).error().code, Code::kModelUnpriced);
  auto zero = gpt_4o();
  zero.prices.add({.unit = Unit::kInputTextToken, .tier = "training"});
  EXPECT_FALSE(training_bound(zero, 10, 3));
  auto only_long = gpt_4o();
  only_long.prices.add({.unit = Unit::kInputTextToken,
                        .tier = "training",
                        .above_input_tokens = 20,
                        .nanousd_per_million = 1});
  EXPECT_FALSE(training_bound(only_long, 10, 3));
  auto output = gpt_4o();
  output.prices.add({.unit = Unit::kOutputTextToken, .tier = "training", .nanousd_per_million = 1});
  EXPECT_FALSE(training_bound(output, 10, 3));
}

TEST(Training, NoCallIsBoundedByItsPriceWhateverTierItNames) {
  RequestPeek request;
  request.input_bytes = 1'000;
  request.output_tokens_max = 10;
  for (const auto* tier : {"", "auto", "default", "flex", "training"}) {
    request.service_tier = tier;
    const auto plain = bound(gpt_4o(), Endpoint::kChatCompletions, request);
    const auto with = bound(trained(), Endpoint::kChatCompletions, request);
    ASSERT_TRUE(plain && with);
    EXPECT_EQ(plain->total, with->total) << tier;
  }
}

TEST(Training, IsBoundedByItsTokensOfAllEpochs) {
  const auto held = training_bound(trained(), 1'000, 3);
  ASSERT_TRUE(held);
  EXPECT_EQ(held->total, NanoUsd{3 * 25'000'000});
  EXPECT_EQ(held->prompt, held->total);
  EXPECT_EQ(held->input_tokens, 3'000);
  EXPECT_EQ(held->output_tokens, 0);
}

TEST(Training, TheDearestOfItsPricesIsHeld) {
  auto model = trained();
  model.prices.add({.unit = Unit::kInputTextToken,
                    .tier = "training",
                    .above_input_tokens = 2'000,
                    .nanousd_per_million = micro_usd(50'000'000)});
  model.prices.add({.unit = Unit::kRequest, .tier = "training", .nanousd_per_million = 7'000'000});
  EXPECT_EQ(training_bound(model, 1'000, 1)->total, NanoUsd{25'000'000 + 7});
  EXPECT_EQ(training_bound(model, 1'000, 3)->total, NanoUsd{150'000'000 + 7});
  for (const std::int64_t tokens : {1, 2'000, 2'001, 3'000}) {
    EXPECT_LE(*charge(model, used({.input_text_tokens = tokens}),
                      {.tier = kTrainingTier, .size = {}, .quality = {}}),
              training_bound(model, tokens, 1)->total)
        << tokens;
  }
}

TEST(Training, OfAFreeModelCostsNothingAndCounts) {
  config::Model model{.name = "m", .mode = "chat", .free = true, .prices = {}};
  const auto held = training_bound(model, 1'000, 4);
  ASSERT_TRUE(held);
  EXPECT_EQ(held->total, NanoUsd{});
  EXPECT_EQ(held->input_tokens, 4'000);
}

TEST(Training, MoreThanCanBeCountedIsTheMost) {
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  const auto held = training_bound(trained(), kMax / 2, 1'000);
  ASSERT_TRUE(held);
  EXPECT_EQ(held->input_tokens, kMax);
  EXPECT_GT(held->total, kChargeMax);
}

TEST(Epochs, AreWhatIsNamedOrWhatAProviderMayChoose) {
  const auto left_open = [](std::int64_t examples) {
    return epochs_at_most({.named = 0, .left_open = true}, examples);
  };
  EXPECT_EQ(left_open(0), 25);
  EXPECT_EQ(left_open(1), 25);
  EXPECT_EQ(left_open(4), 25);
  EXPECT_EQ(left_open(5), 20);
  EXPECT_EQ(left_open(10), 10);
  EXPECT_EQ(left_open(33), 4);
  EXPECT_EQ(left_open(34), 3);
  EXPECT_EQ(left_open(100), 3);
  EXPECT_EQ(left_open(1'000'000), 3);
  EXPECT_EQ(epochs_at_most({.named = 1, .left_open = false}, 5), 1);
  EXPECT_EQ(epochs_at_most({.named = 50, .left_open = true}, 5), 50);
  EXPECT_EQ(epochs_at_most({.named = 2, .left_open = true}, 5), 20);
}

}  // namespace
}  // namespace tg::ledger
