// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <soci/soci.h>

#include "store/engine.h"
#include "store/migrations.h"
#include "store/test_folder.h"

namespace tg::store {
namespace {

std::string text_of(soci::session& session, const char* sql) {
  std::string text;
  session << sql, soci::into(text);
  return text;
}

TEST(Migration0009, EntriesOfBeforeAreTheBeginningOfTheInstancesChain) {
  TestFolder folder;
  const auto engine = *make_engine(folder.place());
  const auto session = *engine->connect(Engine::Role::kWriter);
  ASSERT_TRUE(migrate(*engine, *session, migrations().first(8)));
  *session << "INSERT INTO audit_log VALUES (1, 5, 'user', 'user-1', '192.0.2.1', 'org-1',"
              " 'key.revoked', 'key_1', '{}', '', 'aa')";
  *session << "INSERT INTO audit_log VALUES (2, 6, 'cli', 'uid:0', '', '', 'provider.added',"
              " 'provider_1', '{}', 'aa', 'bb')";
  ASSERT_TRUE(migrate(*engine, *session, migrations()));
  EXPECT_EQ(text_of(*session,
                    "SELECT chain || ':' || sequence || ':' || chain_version || ':' || at_unix_ms"
                    " || ':' || actor_user_id || ':' || organization_id || ':' || project_id"
                    " || ':' || action || ':' || previous_hash || ':' || hash"
                    " FROM audit_log WHERE sequence = 1"),
            ":1:1:5:user-1:org-1::api_key.deleted::aa");
  EXPECT_EQ(text_of(*session, "SELECT action || actor_user_id FROM audit_log WHERE sequence = 2"),
            "tollgate.provider.added");
  EXPECT_EQ(text_of(*session, "SELECT chain || entries || hash || chains || mac FROM audit_heads"),
            "2bb0");
}

TEST(Migration0009, EmptyLogHasNoHead) {
  TestFolder folder;
  const auto engine = *make_engine(folder.place());
  const auto session = *engine->connect(Engine::Role::kWriter);
  ASSERT_TRUE(migrate(*engine, *session, migrations()));
  EXPECT_EQ(text_of(*session, "SELECT count(*) || '' FROM audit_heads"), "0");
}

}  // namespace
}  // namespace tg::store
