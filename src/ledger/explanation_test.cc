// SPDX-License-Identifier: Apache-2.0
#include "ledger/explanation.h"

#include <gtest/gtest.h>

#include "ledger/test_calls.h"

namespace tg::ledger {
namespace {

using config::Unit;

config::Model priced() {
  return {.name = "m",
          .mode = "chat",
          .prices = {{.unit = Unit::kInputTextToken, .nanousd_per_million = 1'000'000'000},
                     {.unit = Unit::kCachedInputTextToken, .nanousd_per_million = 100'000'000},
                     {.unit = Unit::kOutputTextToken, .nanousd_per_million = 5'000'000'000},
                     {.unit = Unit::kOutputTextToken,
                      .tier = "priority",
                      .nanousd_per_million = 9'000'000'000}}};
}

UsageEvent event_of(openai::Usage usage, NanoUsd cost) {
  UsageEvent event{.id = {}, .admission = test_admission(), .settlement = {}};
  usage.source = openai::UsageSource::kProvider;
  event.settlement.usage = usage;
  event.settlement.cost = event.settlement.charge = cost;
  return event;
}

TEST(Explanation, TheAdditiveDialectsSumIsMadeOfThreeTerms) {
  // 56,322 beside 72,960 cached and 87 out at 1, 0.1 and 5 dollars a million: 0.064053 dollars.
  const auto model = priced();
  const auto event = event_of(
      {.input_text_tokens = 56'322, .cached_input_text_tokens = 72'960, .output_text_tokens = 87},
      NanoUsd{64'053'000});
  const auto explained = explain(event, &model);
  EXPECT_EQ(explained.basis, Basis::kTerms);
  ASSERT_EQ(explained.terms.all().size(), 3U);
  EXPECT_EQ(explained.terms.sum().exact(), "64053000.000000000");
  EXPECT_EQ(explained.recomputed, NanoUsd{64'053'000});
  EXPECT_TRUE(explained.agrees());
}

TEST(Explanation, TheTierThatServedChoosesThePrice) {
  const auto model = priced();
  auto event = event_of({.output_text_tokens = 10}, NanoUsd{90'000});
  EXPECT_FALSE(explain(event, &model).agrees());
  event.settlement.tier = "priority";
  const auto explained = explain(event, &model);
  EXPECT_TRUE(explained.agrees());
  EXPECT_EQ(explained.terms.all().front().price->tier, "priority");
}

TEST(Explanation, ALedgerThatSaysSomethingElseIsFound) {
  const auto model = priced();
  const auto explained = explain(event_of({.output_text_tokens = 10}, NanoUsd{50'001}), &model);
  EXPECT_EQ(explained.recomputed, NanoUsd{50'000});
  EXPECT_FALSE(explained.agrees());
}

TEST(Explanation, ATestKeysCallIsCheckedAgainstWhatItWouldHaveCost) {
  const auto model = priced();
  auto event = event_of({.output_text_tokens = 10}, NanoUsd{});
  event.admission.test = true;
  event.settlement.would_have_cost = NanoUsd{50'000};
  EXPECT_TRUE(explain(event, &model).agrees());
  event.settlement.would_have_cost = NanoUsd{};
  EXPECT_FALSE(explain(event, &model).agrees());
}

TEST(Explanation, WhatOneCallAloneCannotSayIsNamed) {
  const auto model = priced();
  auto free = model;
  free.free = true;
  const auto used = event_of({.output_text_tokens = 10}, NanoUsd{7});
  const auto basis = [&](const auto& change, const config::Model* prices) {
    auto event = used;
    change(event);
    return explain(event, prices).basis;
  };
  const auto nothing = [](UsageEvent&) {};
  EXPECT_EQ(basis(nothing, nullptr), Basis::kUnknown);
  EXPECT_EQ(basis(nothing, &free), Basis::kFree);
  EXPECT_FALSE(explain(used, &free).agrees()) << "what is free costs nothing";
  EXPECT_EQ(basis([](auto& e) { e.settlement.outcome = Outcome::kInterrupted; }, &model),
            Basis::kInterrupted);
  EXPECT_EQ(basis([](auto& e) { e.settlement.flags = flag(EventFlag::kOwnSum); }, &model),
            Basis::kOwnSum);
  EXPECT_EQ(basis([](auto& e) { e.settlement.flags = flag(EventFlag::kUnpricedUnit); }, &model),
            Basis::kUnpriced);
  EXPECT_EQ(basis([](auto& e) { e.settlement.usage = {}; }, &model), Basis::kNothing);
  const auto opened = [](auto& e) {
    e.admission.endpoint = openai::Endpoint::kOpened;
    e.admission.price_id = 0;
  };
  EXPECT_EQ(basis(opened, nullptr), Basis::kFlat);
  for (int i = 0; i <= static_cast<int>(Basis::kUnknown); ++i) {
    EXPECT_FALSE(meaning(static_cast<Basis>(i)).empty());
  }
}

TEST(Explanation, AUnitWithoutAPriceHasNoSum) {
  const config::Model model{
      .name = "m",
      .mode = "",
      .prices = {{.unit = Unit::kInputTextToken, .nanousd_per_million = 1'000'000'000}}};
  const auto explained = explain(event_of({.output_text_tokens = 10}, NanoUsd{7}), &model);
  EXPECT_EQ(explained.basis, Basis::kUnpriced);
  EXPECT_TRUE(explained.agrees());
}

TEST(EventIdText, IsReadAsItWasWrittenAndNothingElse) {
  for (const auto& id : {EventId{1, 0, 1}, EventId{4'294'967'295, 65'535, ~0ULL}}) {
    EXPECT_EQ(parse_event_id(format(id)), id);
  }
  for (const auto* text : {"", "call_", "call_1-2", "call_1-2-3x", "call_1-2-", "1-2-3",
                           "call_-1-2-3", "call_4294967296-0-1", "call_1-65536-1", "CALL_1-2-3"}) {
    EXPECT_EQ(parse_event_id(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace tg::ledger
