// SPDX-License-Identifier: Apache-2.0
#include "providers/price_books.h"

#include <gtest/gtest.h>

#include "providers/price_text.h"
#include "store/test_folder.h"

namespace tg::providers {
namespace {

class PriceBooksTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = store::Database::open(folder_.place());
    ASSERT_TRUE(opened) << opened.error().detail;
    database_ = *std::move(opened);
  }

  void decide(const char* organization, const char* model, BookKind kind, std::int64_t factor) {
    BookDecision decision{.organization = OrganizationId{organization},
                          .model = model,
                          .kind = kind,
                          .factor_millionths = factor,
                          .prices = {},
                          .decided_at = from_unix_ms(1'764'000'000'000),
                          .decided_by = "uid:0",
                          .reason = "why"};
    if (kind == BookKind::kPrices) {
      decision.prices.add({.unit = config::Unit::kInputTextToken, .nanousd_per_million = 5});
    }
    const auto kept = decide_book(*database_, decision);
    ASSERT_TRUE(kept) << kept.error().detail;
  }

  store::TestFolder folder_;
  std::unique_ptr<store::Database> database_;
};

TEST_F(PriceBooksTest, TheNewestRuleHoldsAndInheritedOnesAreNone) {
  decide("", "", BookKind::kFactor, 2'000'000);
  decide("org-1", "m", BookKind::kPrices, config::ChargeRule::kSame);
  decide("org-1", "", BookKind::kFactor, 1);
  decide("org-1", "", BookKind::kFactor, 3'000'000);
  decide("org-2", "", BookKind::kFactor, 4'000'000);
  decide("org-2", "", BookKind::kInherit, config::ChargeRule::kSame);
  const auto rules = list_book_decisions(*database_);
  ASSERT_TRUE(rules) << rules.error().detail;
  ASSERT_EQ(rules->size(), 3U);
  EXPECT_TRUE(rules->at(0).organization.text().empty());
  EXPECT_EQ(rules->at(0).factor_millionths, 2'000'000);
  EXPECT_EQ(rules->at(1).factor_millionths, 3'000'000);
  EXPECT_EQ(rules->at(2).model, "m");
  EXPECT_EQ(rules->at(2).prices.begin()->nanousd_per_million, 5);
  const auto history = book_history(*database_, OrganizationId{"org-2"});
  ASSERT_EQ(history->size(), 2U);
  EXPECT_EQ(history->front().kind, BookKind::kInherit);
  EXPECT_EQ(history->back().reason, "why");
}

TEST_F(PriceBooksTest, WhoPaysOnlyForWhatWasDelivered) {
  const OrganizationId one{"org-1"};
  ASSERT_TRUE(set_only_delivered(*database_, one, true));
  ASSERT_TRUE(set_only_delivered(*database_, one, true));
  EXPECT_EQ(*list_only_delivered(*database_), std::vector{one});
  ASSERT_TRUE(set_only_delivered(*database_, one, false));
  EXPECT_TRUE(list_only_delivered(*database_)->empty());
}

TEST(ChargeBooks, TheNarrowestRuleHolds) {
  config::ChargeBooks books;
  EXPECT_EQ(books.rule("org-1", "m").factor_millionths, config::ChargeRule::kSame);
  books.of("").by_model[""].factor_millionths = 1;
  EXPECT_EQ(books.rule("org-1", "m").factor_millionths, 1);
  books.of("").by_model["m"].factor_millionths = 2;
  EXPECT_EQ(books.rule("org-1", "m").factor_millionths, 2);
  books.of("org-1").by_model[""].factor_millionths = 3;
  EXPECT_EQ(books.rule("org-1", "m").factor_millionths, 3);
  books.of("org-1").by_model["m"].factor_millionths = 4;
  EXPECT_EQ(books.rule("org-1", "m").factor_millionths, 4);
  EXPECT_EQ(books.rule("org-1", "n").factor_millionths, 3);
  EXPECT_EQ(books.rule("org-2", "n").factor_millionths, 1);
  EXPECT_FALSE(books.only_delivered("org-1"));
}

}  // namespace
}  // namespace tg::providers
