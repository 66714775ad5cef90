// SPDX-License-Identifier: Apache-2.0
#include "ledger/pricing.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "ledger/test_prices.h"

namespace tg::ledger {
namespace {

using config::Model;
using config::Unit;
using openai::Endpoint;
using openai::RequestPeek;
using openai::Usage;
using openai::UsageSource;

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

Model one_price(Unit unit, std::int64_t nanousd_per_million) {
  return {.name = "m",
          .mode = "",
          .prices = {{.unit = unit, .nanousd_per_million = nanousd_per_million}}};
}

NanoUsd charged(const Model& model, const Usage& usage, const PriceQualifiers& qualifiers = {}) {
  const auto amount = charge(model, used(usage), qualifiers);
  EXPECT_TRUE(amount);
  return amount.value_or(NanoUsd{-1});
}

Code refusal(const Model& model, const Usage& usage) {
  const auto amount = charge(model, used(usage), {});
  EXPECT_FALSE(amount);
  return amount ? Code::kInternal : amount.error().code;
}

TEST(Charge, TextTokensCostTheirPriceExactly) {
  // 1,000 × 2,500 + 500 × 10,000
  EXPECT_EQ(charged(gpt_4o(), {.input_text_tokens = 1'000, .output_text_tokens = 500}),
            NanoUsd{7'500'000});
  EXPECT_EQ(charged(gpt_4o(), {.input_text_tokens = 1'000'000}), *parse_usd("2.50"));
}

TEST(Charge, WhatTheOperatorMadeFreeCostsNothingAndIsCounted) {
  Model model{.name = "m", .mode = "chat", .output_tokens_max = 300, .free = true, .prices = {}};
  EXPECT_EQ(charged(model, {.input_text_tokens = 1'000, .output_audio_tokens = 500}), NanoUsd{});
  RequestPeek request;
  request.input_bytes = 100;
  request.choices = 2;
  const auto held = bound(model, Endpoint::kChatCompletions, request);
  ASSERT_TRUE(held);
  EXPECT_EQ(held->total, NanoUsd{});
  EXPECT_EQ(held->prompt, NanoUsd{});
  EXPECT_GE(held->input_tokens, 100);
  EXPECT_EQ(held->output_tokens, 600);
  EXPECT_EQ(held->output_price, 0);
  model.free = false;
  EXPECT_FALSE(bound(model, Endpoint::kChatCompletions, request));
}

TEST(Charge, CachedInputHasItsOwnPriceAndReasoningThatOfOutput) {
  // 117 × 2,500 + 1,920 × 1,250 + (42 + 64) × 10,000
  EXPECT_EQ(charged(gpt_4o(), {.input_text_tokens = 117,
                               .cached_input_text_tokens = 1'920,
                               .output_text_tokens = 42,
                               .reasoning_tokens = 64}),
            NanoUsd{3'752'500});
}

TEST(Charge, AClassWithoutAPriceCostsWhatTextCosts) {
  EXPECT_EQ(charged(gpt_4o(), {.input_audio_tokens = 3, .cache_write_text_tokens = 2}),
            NanoUsd{5 * 2'500});
  EXPECT_EQ(charged(gpt_4o(), {.output_audio_tokens = 3}), NanoUsd{30'000});
}

TEST(Charge, TranscriptionCostsByTheThousandthOfASecond) {
  const auto whisper = one_price(Unit::kInputSecond, micro_usd(100'000'000));
  EXPECT_EQ(charged(whisper, {.input_milliseconds = 12'345}), NanoUsd{1'234'500});
  EXPECT_EQ(charged(whisper, {.input_milliseconds = 60'000}), *parse_usd("0.006"));
}

TEST(Charge, SpeechCostsByTheCharacter) {
  const auto tts = one_price(Unit::kInputCharacter, micro_usd(15'000'000));
  EXPECT_EQ(charged(tts, {.input_characters = 11}), NanoUsd{165'000});
}

TEST(Charge, AnImageCostsWhatItsSizeAndQualityCost) {
  Model model{.name = "image", .mode = "image_generation"};
  const auto add = [&](const char* size, const char* quality, std::int64_t micro) {
    model.prices.add({.unit = Unit::kOutputImage,
                      .size = size,
                      .quality = quality,
                      .nanousd_per_million = micro_usd(micro) * 1'000'000});
  };
  add("1024x1024", "high", 167'000);
  add("1024x1024", "low", 11'000);
  add("1024x1536", "high", 250'000);
  const Usage two{.output_images = 2};
  EXPECT_EQ(charged(model, two, {.size = "1024x1024", .quality = "high"}), *parse_usd("0.334"));
  EXPECT_EQ(charged(model, two, {.size = "1024x1024", .quality = "low"}), *parse_usd("0.022"));
  // What was left to the upstream counts at the dearest.
  EXPECT_EQ(charged(model, two, {}), *parse_usd("0.50"));
}

TEST(Charge, PixelsAreCountedFromTheSize) {
  const auto model = one_price(Unit::kOutputPixel, 41'961'700);
  // 1,048,576 × 41.9617 = 44,000,031.54
  EXPECT_EQ(charged(model, {.output_images = 1}, {.size = "1024x1024"}), NanoUsd{44'000'032});
}

TEST(Charge, ALongInputIsChargedAtItsTierFromTheFirstTokenBeyondTheThreshold) {
  auto model = gpt_4o();
  for (const auto unit : {Unit::kInputTextToken, Unit::kOutputTextToken}) {
    model.prices.add(
        {.unit = unit,
         .above_input_tokens = 200'000,
         .nanousd_per_million = micro_usd(unit == Unit::kInputTextToken ? 5'000'000 : 15'000'000)});
  }
  EXPECT_EQ(charged(model, {.input_text_tokens = 200'000, .output_text_tokens = 10}),
            NanoUsd{200'000 * 2'500 + 10 * 10'000});
  EXPECT_EQ(charged(model, {.input_text_tokens = 200'001, .output_text_tokens = 10}),
            NanoUsd{200'001LL * 5'000 + 10 * 15'000});
}

TEST(Charge, ATierHasItsOwnPricesAndElseTheStandardOnes) {
  auto model = gpt_4o();
  model.prices.add({.unit = Unit::kInputTextToken,
                    .tier = "priority",
                    .nanousd_per_million = micro_usd(4'250'000)});
  const Usage usage{.input_text_tokens = 100, .output_text_tokens = 1};
  EXPECT_EQ(charged(model, usage, {.tier = "priority"}), NanoUsd{100 * 4'250 + 10'000});
  EXPECT_EQ(charged(model, usage, {.tier = "default"}), NanoUsd{100 * 2'500 + 10'000});
}

TEST(Charge, WhatHasNoPriceOrAPriceOfZeroIsRefusedWhenUsed) {
  EXPECT_EQ(refusal({.name = "m"}, {.input_text_tokens = 1}), Code::kModelUnpriced);
  EXPECT_EQ(refusal(one_price(Unit::kInputTextToken, 2'500), {.output_text_tokens = 1}),
            Code::kModelUnpriced);
  auto free_output = one_price(Unit::kInputTextToken, micro_usd(2'500'000));
  free_output.prices.add({.unit = Unit::kOutputTextToken, .nanousd_per_million = 0});
  EXPECT_EQ(refusal(free_output, {.output_text_tokens = 1}), Code::kModelUnpriced);
  EXPECT_EQ(charged(free_output, {.input_text_tokens = 1}), NanoUsd{2'500});
  EXPECT_EQ(refusal(gpt_4o(), {.input_milliseconds = 1}), Code::kModelUnpriced);
  EXPECT_EQ(refusal(gpt_4o(), {.input_characters = 1}), Code::kModelUnpriced);
  EXPECT_EQ(refusal({.name = "m"}, {.output_images = 1}), Code::kModelUnpriced);
}

TEST(Charge, WhereNothingWasProducedNothingIsCharged) {
  EXPECT_EQ(charge({.name = "unpriced"}, {}, {}), NanoUsd{});
}

TEST(Charge, TheSumIsRoundedHalfUpOnce) {
  EXPECT_EQ(charged(one_price(Unit::kInputTextToken, 499'999), {.input_text_tokens = 1}),
            NanoUsd{0});
  EXPECT_EQ(charged(one_price(Unit::kInputTextToken, 500'000), {.input_text_tokens = 1}),
            NanoUsd{1});
  EXPECT_EQ(charged(one_price(Unit::kInputTextToken, 500'000), {.input_text_tokens = 3}),
            NanoUsd{2});
  auto halves = one_price(Unit::kInputTextToken, 500'000);
  halves.prices.add({.unit = Unit::kOutputTextToken, .nanousd_per_million = 500'000});
  EXPECT_EQ(charged(halves, {.input_text_tokens = 1, .output_text_tokens = 1}), NanoUsd{1});
  const auto second = one_price(Unit::kInputSecond, 100'000'000);  // 100 nano-dollars
  EXPECT_EQ(charged(second, {.input_milliseconds = 4}), NanoUsd{0});
  EXPECT_EQ(charged(second, {.input_milliseconds = 5}), NanoUsd{1});
}

TEST(Charge, AnAbsurdCountCostsAMillionDollarsAndNeverWrapsAround) {
  EXPECT_EQ(charged(gpt_4o(), {.output_text_tokens = std::int64_t{1} << 53}), kChargeMax);
  EXPECT_EQ(charged(one_price(Unit::kInputTextToken, kMax), {.input_text_tokens = kMax}),
            kChargeMax);
  EXPECT_EQ(kChargeMax, *parse_usd("1000000"));
}

Model moderation(std::int64_t price) {
  auto model = one_price(Unit::kInputTextToken, price);
  model.mode = "moderation";
  return model;
}

TEST(Moderation, IsFreeWhereItsPricesSayZero) {
  EXPECT_EQ(charged(moderation(0), {.input_text_tokens = 1'000'000}), NanoUsd{});
  const auto held = bound(moderation(0), Endpoint::kModerations, {.input_bytes = 1'000});
  ASSERT_TRUE(held);
  EXPECT_EQ(held->total, NanoUsd{});
  EXPECT_EQ(held->prompt, NanoUsd{});
}

TEST(Moderation, CostsItsPriceWhereItHasOne) {
  EXPECT_EQ(charged(moderation(1'000'000), {.input_text_tokens = 7}), NanoUsd{7});
  EXPECT_EQ(bound(moderation(1'000'000), Endpoint::kModerations, {.input_bytes = 7})->total,
            NanoUsd{7});
}

TEST(Moderation, IsNotFreeByAccident) {
  EXPECT_FALSE(bound({.mode = "moderation"}, Endpoint::kModerations, {.input_bytes = 1}));
  EXPECT_FALSE(bound(moderation(0), Endpoint::kChatCompletions, {.input_bytes = 1}));
  EXPECT_FALSE(
      bound(one_price(Unit::kInputTextToken, 0), Endpoint::kModerations, {.input_bytes = 1}));
}

TEST(BoundOf, ATextCallIsItsBytesAndItsMaxTokens) {
  const auto held = bound(gpt_4o(), Endpoint::kChatCompletions,
                          {.output_tokens_max = 100, .choices = 2, .input_bytes = 1'000});
  ASSERT_TRUE(held);
  EXPECT_EQ(held->prompt, NanoUsd{(1'000 + 128) * 2'500});
  EXPECT_EQ(held->total, held->prompt + NanoUsd{2 * 100 * 10'000});
}

TEST(BoundOf, ToolsAddTheLongestPreamble) {
  const auto held = bound(gpt_4o(), Endpoint::kChatCompletions,
                          {.output_tokens_max = 0, .input_bytes = 1'000, .tools = true});
  EXPECT_EQ(held->total, NanoUsd{(1'000 + 128 + 512) * 2'500});
}

TEST(BoundOf, WhereNothingIsTrustedTheModelsLimitsCount) {
  const auto held =
      bound(gpt_4o(), Endpoint::kChatCompletions,
            {.output_tokens_max = 1, .choices = 2, .input_bytes = 10}, Trust::kNothing);
  EXPECT_EQ(held->input_tokens, 128'000);
  EXPECT_EQ(held->output_tokens, 2 * 16'384);
  EXPECT_EQ(held->total, NanoUsd{128'000 * 2'500 + 2 * 16'384 * 10'000});
}

TEST(BoundOf, MoneyForSoMuchOutputPaysForIt) {
  const auto held = *bound(gpt_4o(), Endpoint::kChatCompletions,
                           {.output_tokens_max = 5'000, .input_bytes = 333});
  for (std::int64_t tokens = 0; tokens <= 5'000; tokens += 7) {
    const auto money = held.with_output(tokens);
    EXPECT_LE(money, held.total);
    EXPECT_GE(held.output_for(money), std::max<std::int64_t>(0, tokens - 1));
    EXPECT_LE(held.with_output(held.output_for(money)), money);
  }
  EXPECT_EQ(held.with_output(5'000), held.total);
  EXPECT_EQ(held.output_for(held.prompt), 0);
  EXPECT_EQ(held.output_for(NanoUsd{0}), 0);
}

TEST(BoundOf, WithoutMaxTokensTheModelsLimitCounts) {
  const auto held = bound(gpt_4o(), Endpoint::kResponses, {.input_bytes = 0});
  EXPECT_EQ(held->total, NanoUsd{128 * 2'500 + 16'384 * 10'000});
}

TEST(BoundOf, InputThatIsNotInTheRequestCountsAsTheModelsLimit) {
  const auto held = bound(gpt_4o(), Endpoint::kResponses,
                          {.output_tokens_max = 0, .input_bytes = 10, .open_ended_input = true});
  EXPECT_EQ(held->total, NanoUsd{128'000 * 2'500});
}

TEST(BoundOf, ATierLeftOpenCountsAtTheDearerOne) {
  auto model = gpt_4o();
  model.prices.add({.unit = Unit::kInputTextToken,
                    .tier = "priority",
                    .nanousd_per_million = micro_usd(4'250'000)});
  const RequestPeek open{.output_tokens_max = 0, .input_bytes = 88};
  auto standard = open;
  standard.service_tier = "default";
  EXPECT_EQ(bound(model, Endpoint::kChatCompletions, open)->total, NanoUsd{(88 + 128) * 4'250});
  EXPECT_EQ(bound(model, Endpoint::kChatCompletions, standard)->total, NanoUsd{(88 + 128) * 2'500});
}

TEST(BoundOf, ASpeechCallIsItsCharactersAndATranscriptionItsSeconds) {
  EXPECT_EQ(bound(one_price(Unit::kInputCharacter, micro_usd(15'000'000)), Endpoint::kSpeech,
                  {.input_bytes = 11, .input_characters = 11})
                ->total,
            NanoUsd{165'000});
  EXPECT_EQ(bound(one_price(Unit::kInputSecond, micro_usd(100'000'000)), Endpoint::kTranscriptions,
                  {.input_milliseconds = 12'345})
                ->total,
            NanoUsd{1'234'500});
}

TEST(BoundOf, AModelWithoutAPriceForWhatTheCallUsesIsRefused) {
  for (const auto endpoint :
       {Endpoint::kChatCompletions, Endpoint::kResponses, Endpoint::kCompletions,
        Endpoint::kEmbeddings, Endpoint::kModerations, Endpoint::kImageGenerations,
        Endpoint::kImageEdits, Endpoint::kImageVariations, Endpoint::kSpeech,
        Endpoint::kTranscriptions, Endpoint::kTranslations}) {
    const auto held = bound({.name = "m"}, endpoint, {.input_bytes = 1});
    ASSERT_FALSE(held) << path(endpoint);
    EXPECT_EQ(held.error().code, Code::kModelUnpriced);
  }
  EXPECT_FALSE(bound(one_price(Unit::kInputTextToken, 1), Endpoint::kChatCompletions, {}));
}

TEST(BoundOf, AnAbsurdRequestStaysAtTheLargestAmountAndNeverWrapsAround) {
  Model model;
  for (const auto& price : gpt_4o().prices) {
    model.prices.add({.unit = price.unit, .nanousd_per_million = kMax});
  }
  const auto held =
      bound(model, Endpoint::kChatCompletions,
            {.output_tokens_max = kMax, .choices = kMax, .input_bytes = kMax, .images = kMax});
  ASSERT_TRUE(held);
  EXPECT_EQ(held->total, NanoUsd::max());
}

// Whatever the prices: a call that stays within its request is never charged more than was held.
class Prices : public testing::Test {
 protected:
  std::int64_t any(std::int64_t least, std::int64_t most) {
    return std::uniform_int_distribution{least, most}(random_);
  }
  template <std::size_t size>
  const char* one_of(const std::array<const char*, size>& choices) {
    return choices.at(static_cast<std::size_t>(any(0, size - 1)));
  }
  // Parts that add up to at most `total`.
  std::int64_t take_part(std::int64_t& total) {
    const auto part = any(0, 3) == 0 ? total : any(0, total);
    total -= part;
    return part;
  }

  void add_prices(Model& model, Unit unit) {
    for (auto prices = any(0, 3); prices > 0; --prices) {
      model.prices.add({.unit = unit,
                        .tier = one_of<3>({"", "priority", "flex"}),
                        .above_input_tokens = any(0, 2) == 0 ? any(1, 3'000) : 0,
                        .nanousd_per_million = any(0, 20'000'000'000)});
    }
  }

  const std::uint32_t seed_ = std::random_device{}();
  std::mt19937_64 random_{seed_};
};

TEST_F(Prices, ATextCallIsNeverChargedMoreThanItsBound) {
  SCOPED_TRACE(testing::Message() << "seed " << seed_);
  int bounded = 0;
  for (int round = 0; round < 100'000; ++round) {
    Model model{.name = "m", .mode = "chat", .output_tokens_max = any(1, 5'000)};
    for (const auto unit :
         {Unit::kInputTextToken, Unit::kCachedInputTextToken, Unit::kCacheWriteTextToken,
          Unit::kOutputTextToken, Unit::kReasoningToken, Unit::kOutputAudioToken, Unit::kRequest}) {
      add_prices(model, unit);
    }
    // As in every catalogue: text of either direction has a standard price.
    for (const auto unit : {Unit::kInputTextToken, Unit::kOutputTextToken}) {
      model.prices.add({.unit = unit, .nanousd_per_million = any(1, 20'000'000'000)});
    }
    RequestPeek request{.choices = any(1, 3), .input_bytes = any(0, 5'000)};
    if (any(0, 1) == 0) request.output_tokens_max = any(0, 5'000);
    request.service_tier = one_of<5>({"", "auto", "default", "flex", "priority"});
    const auto held = bound(model, Endpoint::kChatCompletions, request);
    ASSERT_TRUE(held);

    auto input = request.input_bytes + 128;
    auto output = request.output_tokens_max.value_or(model.output_tokens_max) * request.choices;
    const auto usage = used({.input_text_tokens = take_part(input),
                             .cached_input_text_tokens = take_part(input),
                             .cache_write_text_tokens = take_part(input),
                             .output_text_tokens = take_part(output),
                             .output_audio_tokens = take_part(output),
                             .reasoning_tokens = take_part(output)});
    const bool left_open = request.service_tier.empty() || request.service_tier == "auto";
    const std::string served = left_open && any(0, 1) == 0 ? "priority" : request.service_tier;
    const auto amount = charge(model, usage, {.tier = served});
    ASSERT_TRUE(amount) << round;
    ASSERT_LE(amount->count(), held->total.count()) << "round " << round;
    bounded += amount->count() > 0 ? 1 : 0;
  }
  EXPECT_GT(bounded, 50'000);
}

TEST_F(Prices, ImagesAreNeverChargedMoreThanTheirBound) {
  SCOPED_TRACE(testing::Message() << "seed " << seed_);
  for (int round = 0; round < 50'000; ++round) {
    Model model{.name = "m", .mode = "image_generation"};
    for (const auto unit : {Unit::kOutputImage, Unit::kOutputPixel, Unit::kOutputImageToken}) {
      for (auto prices = any(0, 4); prices > 0; --prices) {
        model.prices.add({.unit = unit,
                          .size = one_of<3>({"", "1024x1024", "1536x1024"}),
                          .quality = one_of<3>({"", "high", "low"}),
                          .nanousd_per_million = any(0, 20'000'000'000)});
      }
    }
    RequestPeek request{.choices = any(1, 4), .input_bytes = any(0, 500)};
    request.size = one_of<4>({"", "auto", "1024x1024", "1536x1024"});
    request.quality = one_of<4>({"", "auto", "high", "low"});
    const auto held = bound(model, Endpoint::kImageGenerations, request);
    if (!held) continue;
    const auto usage = used({.output_images = any(0, request.choices)});
    const auto amount = charge(model, usage, {.size = request.size, .quality = request.quality});
    if (amount) ASSERT_LE(amount->count(), held->total.count()) << "round " << round;
  }
}

TEST(ChargeAt, IsTheCostTimesTheFactorRoundedHalfUpOnce) {
  EXPECT_EQ(charge_at(NanoUsd{1'000}, 1'150'000), NanoUsd{1'150});
  EXPECT_EQ(charge_at(NanoUsd{1}, 500'000), NanoUsd{1});
  EXPECT_EQ(charge_at(NanoUsd{1}, 499'999), NanoUsd{0});
  EXPECT_EQ(charge_at(NanoUsd{3}, 1'500'000), NanoUsd{5});
  EXPECT_EQ(charge_at(NanoUsd{7}, 0), NanoUsd{0});
  EXPECT_EQ(charge_at(NanoUsd{7}, config::ChargeRule::kSame), NanoUsd{7});
  EXPECT_EQ(charge_at(kChargeMax, 1'000'000'000), kChargeMax) << "beyond 64 bits in between";
}

TEST(BoundAt, NoChargeOfACostWithinItIsBeyondIt) {
  std::mt19937_64 random{20261126};
  const auto below = [&random](std::int64_t end) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(end));
  };
  for (int i = 0; i < 20'000; ++i) {
    const Model model{
        .name = "m",
        .mode = "chat",
        .output_tokens_max = 1 + below(5'000),
        .prices = {{.unit = Unit::kInputTextToken, .nanousd_per_million = 1 + below(3'000'000)},
                   {.unit = Unit::kOutputTextToken, .nanousd_per_million = 1 + below(3'000'000)}}};
    RequestPeek request;
    request.input_bytes = below(2'000);
    const auto cost_bound = bound(model, Endpoint::kChatCompletions, request);
    ASSERT_TRUE(cost_bound);
    const std::int64_t factor = i % 2 == 0 ? below(3'000'000) : below(1'000'000'001);
    const auto held = cost_bound->at(factor);
    const auto output = below(model.output_tokens_max + 1);
    const auto input = below(cost_bound->input_tokens + 1);
    const auto cost = charged(model, {.input_text_tokens = input, .output_text_tokens = output});
    ASSERT_LE(cost, cost_bound->with_output(output));
    ASSERT_LE(charge_at(cost, factor), held.with_output(output))
        << "factor " << factor << ", output " << output;
    ASSERT_LE(held.with_output(output), held.total);
    // What so much money pays for is within that money.
    const NanoUsd money{held.prompt.count() + below(held.total.count() + 2)};
    const auto paid = held.output_for(money);
    if (paid > 0) {
      ASSERT_LE(held.with_output(paid), money);
    }
  }
  const auto same = bound(gpt_4o(), Endpoint::kChatCompletions, RequestPeek{});
  EXPECT_EQ(same->at(config::ChargeRule::kSame).total, same->total);
  EXPECT_EQ(same->at(config::ChargeRule::kSame).rounding, NanoUsd{1});
}

}  // namespace
}  // namespace tg::ledger
