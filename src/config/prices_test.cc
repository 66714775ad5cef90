// SPDX-License-Identifier: Apache-2.0
#include "config/prices.h"

#include <gtest/gtest.h>

namespace tg::config {
namespace {

std::vector<std::int64_t> amounts(std::span<const Price> prices) {
  std::vector<std::int64_t> all;
  for (const auto& price : prices) all.push_back(price.nanousd_per_million);
  return all;
}

TEST(PriceList, EachUnitHasItsPricesAsTheyWereAddedAndOthersHaveNone) {
  PriceList prices{{.unit = Unit::kRequest, .nanousd_per_million = 1},
                   {.unit = Unit::kOutputTextToken, .nanousd_per_million = 2},
                   {.unit = Unit::kInputTextToken, .nanousd_per_million = 3},
                   {.unit = Unit::kOutputTextToken, .nanousd_per_million = 4}};
  prices.add({.unit = Unit::kInputTextToken, .nanousd_per_million = 5});
  EXPECT_EQ(amounts(prices.of(Unit::kInputTextToken)), (std::vector<std::int64_t>{3, 5}));
  EXPECT_EQ(amounts(prices.of(Unit::kOutputTextToken)), (std::vector<std::int64_t>{2, 4}));
  EXPECT_EQ(amounts(prices.of(Unit::kRequest)), std::vector<std::int64_t>{1});
  EXPECT_TRUE(prices.of(Unit::kCachedInputTextToken).empty());
  EXPECT_EQ(amounts(prices), (std::vector<std::int64_t>{3, 5, 2, 4, 1}));
}

TEST(PriceList, WithoutPricesNoUnitHasOne) {
  const PriceList none;
  EXPECT_TRUE(none.empty());
  for (std::size_t unit = 0; unit < kUnitCount; ++unit) {
    EXPECT_TRUE(none.of(static_cast<Unit>(unit)).empty());
  }
}

}  // namespace
}  // namespace tg::config
