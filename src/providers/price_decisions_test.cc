// SPDX-License-Identifier: Apache-2.0
#include "providers/price_decisions.h"

#include <gtest/gtest.h>

#include "providers/price_text.h"
#include "store/test_folder.h"

namespace tg::providers {
namespace {

using config::Price;
using config::Unit;

const WallTime kNow = from_unix_ms(1'764'000'000'000);

Price price_of(Unit unit, std::int64_t nanousd_per_million, std::string tier = {}) {
  return {.unit = unit,
          .tier = std::move(tier),
          .size = {},
          .quality = {},
          .nanousd_per_million = nanousd_per_million};
}

class PriceDecisions : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = store::Database::open(folder_.place());
    ASSERT_TRUE(opened) << opened.error().detail;
    database_ = *std::move(opened);
  }

  static PriceDecision decision(std::string model, std::int64_t input, ProviderId provider = {}) {
    PriceDecision made;
    made.provider = std::move(provider);
    made.model = std::move(model);
    made.prices.add(price_of(Unit::kInputTextToken, input));
    made.valid_from = made.decided_at = kNow;
    made.decided_by = "uid:0";
    made.reason = "a \"reason\"";
    return made;
  }

  void decide(const PriceDecision& made) {
    const auto kept = decide_prices(*database_, {&made, 1});
    ASSERT_TRUE(kept) << kept.error().detail;
  }

  PriceBook book() { return PriceBook{*list_price_decisions(*database_, kNow)}; }

  store::TestFolder folder_;
  std::unique_ptr<store::Database> database_;
  const ProviderId one_{"provider_one"};
  const ProviderId two_{"provider_two"};
};

TEST_F(PriceDecisions, KeepsWhatWasDecided) {
  auto made = decision("m", 5, one_);
  made.prices.add(price_of(Unit::kOutputImage, 7, "batch"));
  made.input_tokens_max = 1'000;
  made.output_tokens_max = 200;
  decide(made);
  const auto all = list_price_decisions(*database_, kNow);
  ASSERT_TRUE(all) << all.error().detail;
  ASSERT_EQ(all->size(), 1U);
  const auto& kept = all->front();
  EXPECT_EQ(kept.provider, one_);
  EXPECT_EQ(kept.kind, PriceKind::kPriced);
  EXPECT_EQ(to_text(kept.prices), to_text(made.prices));
  EXPECT_EQ(kept.input_tokens_max, 1'000);
  EXPECT_EQ(kept.output_tokens_max, 200);
  EXPECT_EQ(kept.decided_at, made.decided_at);
  EXPECT_EQ(kept.reason, made.reason);
}

TEST_F(PriceDecisions, TheNewestHoldsAndTheOthersStay) {
  decide(decision("m", 5));
  decide(decision("m", 6));
  ASSERT_EQ(list_price_decisions(*database_, kNow)->size(), 1U);
  EXPECT_EQ(book().find(one_, "m")->prices.begin()->nanousd_per_million, 6);
  const auto history = price_history(*database_, "m");
  ASSERT_EQ(history->size(), 2U);
  EXPECT_EQ(history->back().prices.begin()->nanousd_per_million, 5);
  EXPECT_TRUE(price_history(*database_, "other")->empty());
}

TEST_F(PriceDecisions, AProvidersOwnStandsAboveEverybodys) {
  decide(decision("m", 5, one_));
  decide(decision("m", 6));  // later, and yet not for the first
  const auto decided = book();
  EXPECT_EQ(decided.find(one_, "m")->prices.begin()->nanousd_per_million, 5);
  EXPECT_EQ(decided.find(two_, "m")->prices.begin()->nanousd_per_million, 6);
  EXPECT_EQ(decided.find(two_, "other"), nullptr);
}

TEST_F(PriceDecisions, ChangesWhatShipsAndNothingElseOfIt) {
  auto shipped = std::make_shared<config::Model>();
  shipped->name = "m";
  shipped->mode = "chat";
  shipped->input_tokens_max = 9;
  shipped->prices.add(price_of(Unit::kInputTextToken, 1));
  EXPECT_EQ(book().apply(one_, "m", shipped), shipped);
  EXPECT_EQ(book().apply(one_, "m", nullptr), nullptr);

  decide(decision("m", 5));
  const auto priced = book().apply(one_, "m", shipped);
  EXPECT_EQ(priced->prices.begin()->nanousd_per_million, 5);
  EXPECT_EQ(priced->input_tokens_max, 9);
  EXPECT_EQ(priced->mode, "chat");
  EXPECT_FALSE(priced->free);
  EXPECT_EQ(book().apply(one_, "m", nullptr)->name, "m");

  auto free = decision("m", 5);
  free.kind = PriceKind::kFree;
  free.prices = {};
  decide(free);
  EXPECT_TRUE(book().apply(one_, "m", shipped)->free);
  EXPECT_TRUE(book().apply(one_, "m", shipped)->prices.empty());

  free.kind = PriceKind::kShipped;
  decide(free);
  EXPECT_EQ(book().apply(one_, "m", shipped), shipped);
}

TEST_F(PriceDecisions, WhatIsToComeHoldsFromItsInstantOn) {
  using std::chrono::days;
  auto later = decision("m", 7);
  later.valid_from = kNow + days{2};
  decide(later);
  decide(decision("m", 5));  // decided after it, and before it begins
  auto between = decision("m", 6);
  between.valid_from = kNow + days{1};
  decide(between);
  const auto at = [&](WallTime when) {
    const auto all = list_price_decisions(*database_, when);
    EXPECT_EQ(all->size(), 1U);
    return all->front().prices.begin()->nanousd_per_million;
  };
  EXPECT_EQ(at(kNow), 5);
  EXPECT_EQ(at(between.valid_from - std::chrono::milliseconds{1}), 5);
  EXPECT_EQ(at(between.valid_from), 6);
  EXPECT_EQ(at(later.valid_from), 7);
  EXPECT_EQ(next_price_change(*database_, kNow), between.valid_from);
  EXPECT_EQ(next_price_change(*database_, between.valid_from), later.valid_from);
  EXPECT_EQ(*next_price_change(*database_, later.valid_from), std::nullopt);
  const auto coming = coming_price_decisions(*database_, kNow);
  ASSERT_EQ(coming->size(), 2U);
  EXPECT_EQ(coming->front().valid_from, between.valid_from);
  // A clock that was set back takes back no decision that was to hold at once.
  EXPECT_EQ(at(kNow - days{1}), 5);
}

TEST_F(PriceDecisions, OfTwoForOneInstantTheNewerHolds) {
  auto later = decision("m", 7);
  later.valid_from = kNow + std::chrono::days{2};
  decide(later);
  auto newer = later;
  newer.kind = PriceKind::kFree;
  newer.prices = {};
  decide(newer);
  EXPECT_TRUE(list_price_decisions(*database_, kNow)->empty());
  EXPECT_EQ(list_price_decisions(*database_, later.valid_from)->front().kind, PriceKind::kFree);
}

TEST_F(PriceDecisions, AllOfThemOrNone) {
  const std::vector<PriceDecision> many(1'001, decision("m", 5));
  const auto kept = decide_prices(*database_, many);
  ASSERT_FALSE(kept);
  EXPECT_EQ(kept.error().code, Code::kFieldInvalid);
  EXPECT_TRUE(list_price_decisions(*database_, kNow)->empty());
}

TEST(PriceText, IsReadAsItWasWritten) {
  config::PriceList prices;
  prices.add({.unit = Unit::kOutputImage,
              .tier = "batch",
              .size = "1024x1024",
              .quality = "h\"d",
              .above_input_tokens = 200'000,
              .nanousd_per_million = 40'000'000'000'000});
  prices.add(price_of(Unit::kRequest, 1));
  const auto read = parse_prices(to_text(prices));
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(to_text(*read), to_text(prices));
  EXPECT_TRUE(read->begin()->same_case(*prices.begin()));
  EXPECT_EQ(to_text({}), "[]");
  EXPECT_TRUE(parse_prices("[]")->empty());
}

TEST(PriceText, RefusesWhatItCannotTellApart) {
  for (const auto* text : {"", "{}", "[1]", R"([{"unit":"request"}])",
                           R"([{"unit":"request","nanousd_per_million":-1}])",
                           R"([{"unit":"request","nanousd_per_million":1.5}])",
                           R"([{"unit":"words","nanousd_per_million":1}])",
                           R"([{"unit":"request","nanousd_per_million":1,"colour":"red"}])"}) {
    const auto read = parse_prices(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, Code::kCorrupt);
  }
}

}  // namespace
}  // namespace tg::providers
