// SPDX-License-Identifier: Apache-2.0
#include "base/number_text.h"

#include <gtest/gtest.h>

#include <limits>

namespace tg {
namespace {

template <typename Number>
std::string text_of(Number number) {
  std::string out = "x";
  append_number(out, number);
  return out.substr(1);
}

TEST(NumberText, Appends) {
  EXPECT_EQ(text_of(0), "0");
  EXPECT_EQ(text_of(-17), "-17");
  EXPECT_EQ(text_of(std::size_t{1024}), "1024");
  EXPECT_EQ(text_of(std::uint16_t{65535}), "65535");
}

TEST(NumberText, KnowsTheEndsOfEachKind) {
  EXPECT_EQ(text_of(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
  EXPECT_EQ(text_of(std::numeric_limits<std::int64_t>::max()), "9223372036854775807");
  EXPECT_EQ(text_of(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
}

}  // namespace
}  // namespace tg
