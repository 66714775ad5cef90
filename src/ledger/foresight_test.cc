// SPDX-License-Identifier: Apache-2.0
#include "ledger/foresight.h"

#include <gtest/gtest.h>

#include <array>

namespace tg::ledger {
namespace {

class ForesightTest : public testing::Test {
 protected:
  limits::Limit& add(std::size_t level, limits::Rule rule) {
    rule.id = "limit";
    auto& limit = sets_[level].add(*limits::Limit::make(rule));
    limit.start_enforcing();
    return limit;
  }
  std::optional<limits::Refused> foresee(limits::Amounts at_least, std::string_view model = "") {
    const std::array<const limits::LimitSet*, 2> sets{&sets_[0], &sets_[1]};
    return foreseen_refusal(sets, model, at_least, wall_now());
  }

  std::array<limits::LimitSet, 2> sets_;
};

TEST_F(ForesightTest, TellsWhichLimitWouldRefuseAndHoldsNothing) {
  EXPECT_FALSE(foresee({.money = NanoUsd{1}, .tokens = 1}));
  auto& money = add(1, {.metric = limits::Metric::kMoney, .amount = 100});
  EXPECT_FALSE(foresee({.money = NanoUsd{100}}));
  const auto refused = foresee({.money = NanoUsd{101}});
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->limit, &money);
  EXPECT_EQ(refused->level, 1U);
  EXPECT_EQ(refused->asked, 101);
  EXPECT_EQ(money.read(wall_now()).held, 0);
}

TEST_F(ForesightTest, ALimitOfAnotherModelOrThatOnlyCountsRefusesNothing) {
  add(0, {.metric = limits::Metric::kTokens, .model = "gpt-5", .amount = 10});
  EXPECT_FALSE(foresee({.tokens = 11}));
  EXPECT_FALSE(foresee({.tokens = 11}, "gpt-4.1"));
  EXPECT_TRUE(foresee({.tokens = 11}, "gpt-5"));
  auto& soft = add(1, {.metric = limits::Metric::kMoney, .amount = 1});
  EXPECT_TRUE(foresee({.money = NanoUsd{2}}));
  soft.set_hard(false);
  EXPECT_FALSE(foresee({.money = NanoUsd{2}}));
}

TEST_F(ForesightTest, WhatIsNotAskedIsNotRefused) {
  add(0, {.metric = limits::Metric::kImages, .period = limits::Period::kMinute, .amount = 0});
  EXPECT_FALSE(foresee({.money = NanoUsd{1}}));
}

}  // namespace
}  // namespace tg::ledger
