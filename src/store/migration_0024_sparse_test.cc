// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <soci/soci.h>

#include <algorithm>
#include <string>

#include "store/engine.h"
#include "store/migrations.h"
#include "store/postgresql/postgresql_session.h"
#include "store/statement.h"
#include "store/test_folder.h"

namespace tg::store {
namespace {

// As migration 2 made them.
const std::string kColumns =
    "epoch,worker,sequence,admitted_ms,endpoint,stream,test,held,prompt_charge,interrupted_charge,"
    "outcome,http_status,usage_source,cost,charge,would_have_cost,duration_ms,input_text_tokens,"
    "input_audio_tokens,input_image_tokens,cached_input_text_tokens,cached_input_audio_tokens,"
    "cached_input_image_tokens,cache_write_text_tokens,output_text_tokens,output_audio_tokens,"
    "output_image_tokens,reasoning_tokens,output_images,input_milliseconds,input_characters,"
    "key_id,owner_id,project_id,organization_id,model,upstream_model,provider_id,served_model";
constexpr auto kTexts = 8;

void insert(soci::session& session, std::int64_t sequence) {
  auto row = *Statement::prepare_insert(session, "usage_events", kColumns);
  const auto columns = 1 + std::ranges::count(kColumns, ',');
  for (auto i = 0; i < columns - kTexts; ++i) row.bind(i == 2 ? sequence : std::int64_t{0});
  for (auto i = 0; i < kTexts; ++i) row.bind("");
  ASSERT_TRUE(row.queue());
  ASSERT_TRUE(row.flush());
}

long long number_from(soci::session& session, const std::string& sql) {
  long long number = -1;
  session << sql, soci::into(number);
  return number;
}

TEST(Migration0024, CallsFromBeforeAndAfterReadAlike) {
  TestFolder folder;
  const auto engine = *make_engine(folder.place());
  const auto session = *engine->connect(Engine::Role::kWriter);
  ASSERT_TRUE(migrate(*engine, *session, migrations().first(22)));
  insert(*session, 1);
  ASSERT_TRUE(migrate(*engine, *session, migrations()));
  insert(*session, 2);
  {
    auto rows = *Statement::prepare(*session,
                                    "SELECT " + kColumns + " FROM usage_events ORDER BY sequence");
    for (const std::int64_t sequence : {1, 2}) {
      ASSERT_EQ(*rows.step(), true);
      EXPECT_EQ(rows.number(2), sequence);
      for (const int count : {17, 24, 27}) EXPECT_EQ(rows.number(count), 0);
      EXPECT_EQ(rows.text(38), "");
    }
    EXPECT_EQ(*rows.step(), false);
  }
  // What takes no room.
  const auto sparse = number_from(*session,
                                  "SELECT count(*) FROM usage_events WHERE reasoning_tokens IS NULL"
                                  " AND served_model IS NULL AND input_text_tokens IS NULL");
  EXPECT_EQ(sparse, is_postgresql(*session) ? 1 : 0);
  EXPECT_EQ(
      number_from(*session, "SELECT count(*) FROM usage_events WHERE test = 0 AND key_id = ''"), 2);
}

}  // namespace
}  // namespace tg::store
