// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <soci/soci.h>

#include <map>

#include "store/engine.h"
#include "store/migrations.h"
#include "store/test_folder.h"

namespace tg::store {
namespace {

TEST(Migration0017, PartsGetTheNumbersTheyAreReadBy) {
  TestFolder folder;
  const auto engine = *make_engine(folder.place());
  const auto session = *engine->connect(Engine::Role::kWriter);
  ASSERT_TRUE(migrate(*engine, *session, migrations().first(16)));
  // Whole, calls, charge, the first count, a project, a tool's size, minutes.
  const std::map<long long, long long> now_by_before{{0, 0},   {1, 128}, {5, 132}, {65, 192},
                                                     {193, 2}, {199, 8}, {256, 1}};
  for (const auto& [before, now] : now_by_before) {
    *session << "INSERT INTO usage_blocks VALUES ('org', 3, 0, :m, :p, '')", soci::use(now),
        soci::use(before);
    // All of one block, too: none is in another's way.
    *session << "INSERT INTO usage_blocks VALUES ('org', 2, 0, 0, :p, '')", soci::use(before);
  }
  ASSERT_TRUE(migrate(*engine, *session, migrations()));
  long long moved = 0;
  *session << "SELECT count(*) FROM usage_blocks WHERE grain = 3 AND part = begin_minute",
      soci::into(moved);
  EXPECT_EQ(moved, 7);
  *session << "SELECT count(DISTINCT part) FROM usage_blocks WHERE grain = 2", soci::into(moved);
  EXPECT_EQ(moved, 7);
}

}  // namespace
}  // namespace tg::store
