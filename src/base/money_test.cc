// SPDX-License-Identifier: Apache-2.0
#include "base/money.h"

#include <gtest/gtest.h>

namespace tg {
namespace {

TEST(Money, ReadsDollarsExactly) {
  EXPECT_EQ(parse_usd("12.50"), NanoUsd{12'500'000'000});
  EXPECT_EQ(parse_usd("0.000000001"), NanoUsd{1});
  EXPECT_EQ(parse_usd("7"), NanoUsd{7'000'000'000});
}

TEST(Money, RefusesWhatIsNotAPlainAmount) {
  for (const auto* text : {"", ".", "1.", ".5", "-1", "+1", "1e3", "1,5", " 1", "0.0000000001",
                           "9999999999", "99999999999", "0x10", "nan"}) {
    EXPECT_FALSE(parse_usd(text)) << text;
  }
}

TEST(Money, ShowsAsManyDecimalsAsTheAmountNeeds) {
  EXPECT_EQ(format_usd(NanoUsd{12'500'000'000}), "$12.50");
  EXPECT_EQ(format_usd(NanoUsd{1}), "$0.000000001");
  EXPECT_EQ(format_usd(NanoUsd{-1'230'000}), "-$0.00123");
  EXPECT_EQ(format_usd(NanoUsd{}), "$0.00");
}

}  // namespace
}  // namespace tg
