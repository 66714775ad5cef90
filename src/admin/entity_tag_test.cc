// SPDX-License-Identifier: Apache-2.0
#include "admin/entity_tag.h"

#include <gtest/gtest.h>

namespace tg::admin {
namespace {

Json key(const char* name, int last_used) {
  return {{"object", "tollgate.key"},
          {"id", "key_1"},
          {"name", name},
          {"last_used_at", last_used},
          {"child_keys", Json::array({{{"id", "key_2"}, {"last_used_at", last_used}}})}};
}

TEST(EntityTagTest, AChangeChangesItAndACallDoesNot) {
  EXPECT_EQ(entity_tag(key("a", 1)), entity_tag(key("a", 2)));
  EXPECT_NE(entity_tag(key("a", 1)), entity_tag(key("b", 1)));
  EXPECT_EQ(entity_tag({{"object", "list"}, {"data", Json::array()}}), "");
}

TEST(EntityTagTest, IfMatchTakesAStarOneTagOrAList) {
  const auto present = key("a", 1);
  const auto tag = entity_tag(present);
  EXPECT_TRUE(matches_entity_tag("*", present));
  EXPECT_TRUE(matches_entity_tag(tag, present));
  EXPECT_TRUE(matches_entity_tag("\"x\", " + tag, present));
  EXPECT_FALSE(matches_entity_tag("\"x\"", present));
  EXPECT_FALSE(matches_entity_tag("", present));
}

}  // namespace
}  // namespace tg::admin
