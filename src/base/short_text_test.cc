// SPDX-License-Identifier: Apache-2.0
#include "base/short_text.h"

#include <gtest/gtest.h>

#include "base/ids.h"

namespace tg {
namespace {

TEST(ShortText, HoldsEachIdAndCutsWhatIsLonger) {
  for (const auto& id : {make_service_account_id().text(), make_provider_id().text()}) {
    EXPECT_EQ(ShortText{id}.view(), id);
    EXPECT_EQ(ShortText{id}.str(), id);
  }
  const std::string longest(ShortText::kBytesMax, 'x');
  EXPECT_EQ(ShortText{longest}, longest.c_str());
  EXPECT_EQ(ShortText{longest + "y"}.view(), longest);
}

TEST(ShortText, IsEmptyAtFirstAndComparesAsItsText) {
  EXPECT_TRUE(ShortText{}.empty());
  EXPECT_EQ(ShortText{}, "");
  EXPECT_NE(ShortText{"key_1"}, "key_2");
  EXPECT_LT(ShortText{"key_1"}, ShortText{"key_10"});
}

}  // namespace
}  // namespace tg
