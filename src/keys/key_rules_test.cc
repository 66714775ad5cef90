// SPDX-License-Identifier: Apache-2.0
#include "keys/key_rules.h"

#include <gtest/gtest.h>

namespace tg::keys {
namespace {

TEST(KeyRulesTest, NothingSaidMeansEverything) {
  const KeyRules rules{};
  EXPECT_TRUE(rules.allows_endpoint(0b001));
  EXPECT_TRUE(rules.allows_endpoint(1U << 10));
  EXPECT_TRUE(rules.lists_models());
  EXPECT_TRUE(rules.allows_model("anything"));
  EXPECT_TRUE(rules.allows_address("203.0.113.7"));
  EXPECT_TRUE(rules.allows_address("no address"));
}

TEST(KeyRulesTest, EachNarrows) {
  const KeyRules rules{.endpoints = 0b101,
                       .models = {"gpt-5", "o4-*"},
                       .addresses = {AddressRange::parse("10.0.0.0/8").value(),
                                     AddressRange::parse("2001:db8::/32").value()}};
  EXPECT_TRUE(rules.allows_endpoint(0b001));
  EXPECT_FALSE(rules.allows_endpoint(0b010));
  EXPECT_TRUE(rules.allows_endpoint(0b100));
  EXPECT_FALSE(rules.lists_models());
  EXPECT_TRUE(rules.allows_model("gpt-5"));
  EXPECT_FALSE(rules.allows_model("gpt-5-mini"));
  EXPECT_TRUE(rules.allows_model("o4-mini"));
  EXPECT_FALSE(rules.allows_model("o4"));
  EXPECT_TRUE(rules.allows_address("10.9.9.9"));
  EXPECT_TRUE(rules.allows_address("2001:db8::7"));
  EXPECT_FALSE(rules.allows_address("192.0.2.1"));
  EXPECT_FALSE(rules.allows_address("no address"));
}

TEST(ModelRulesTest, AListAllowsOrDenies) {
  const ModelRules allow{.is_allow_list = true, .models = {"gpt-5"}};
  EXPECT_TRUE(allow.allows("gpt-5"));
  EXPECT_FALSE(allow.allows("gpt-4o"));
  const ModelRules deny{.is_allow_list = false, .models = {"gpt-5"}};
  EXPECT_FALSE(deny.allows("gpt-5"));
  EXPECT_TRUE(deny.allows("gpt-4o"));
  EXPECT_FALSE((ModelRules{.is_allow_list = true, .models = {}}).allows("gpt-5"));
}

}  // namespace
}  // namespace tg::keys
