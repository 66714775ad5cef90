// SPDX-License-Identifier: Apache-2.0
#include "identity/audit_query.h"

#include <fmt/format.h>

#include <set>

#include "identity/test_instance.h"
#include "store/test_reads.h"

namespace tg::identity {
namespace {

using std::chrono::milliseconds;

class AuditQueryTest : public TestInstance {
 protected:
  void append(AuditEntry entry, const Actor& actor = {}, milliseconds after_start = {}) {
    if (entry.organization_id.empty()) entry.organization_id = "org-1";
    TG_CHECK(database()
                 .write([&](soci::session& session) {
                   return append_audit(session, actor, entry, kStart + after_start);
                 })
                 .has_value());
  }
  std::vector<std::string> targets(AuditFilter filter) {
    if (!filter.organization_id) filter.organization_id = "org-1";
    std::vector<std::string> found;
    for (const auto& record : find_audit(database(), filter).value()) {
      found.push_back(record.entry.target);
    }
    return found;
  }
  using Targets = std::vector<std::string>;
};

TEST_F(AuditQueryTest, EachFilterFindsItsOwnAndAllTogetherNarrow) {
  const Actor user{.kind = ActorKind::kUser, .id = "user-1"};
  const Actor key{.kind = ActorKind::kKey, .id = "key_admin", .user_id = "user-1"};
  append({.action = "project.created", .target = "proj_1"}, user);
  append({.action = "api_key.created", .target = "key_1", .project_id = "proj_1"}, key,
         milliseconds{1000});
  append({.action = "api_key.deleted", .target = "key_1", .project_id = "proj_1"},
         {.kind = ActorKind::kUser, .id = "user-2"}, milliseconds{2000});
  append({.action = "api_key.created", .target = "key_2", .organization_id = "org-2"}, user);

  EXPECT_EQ(targets({}), (Targets{"key_1", "key_1", "proj_1"}));
  EXPECT_EQ(targets({.organization_id = "org-2"}), Targets{"key_2"});
  EXPECT_EQ(targets({.project_ids = {"proj_1"}}), (Targets{"key_1", "key_1", "proj_1"}));
  EXPECT_EQ(targets({.actions = {"project.created", "no.such"}}), Targets{"proj_1"});
  EXPECT_EQ(targets({.actor_ids = {"key_admin"}}), Targets{"key_1"});
  EXPECT_EQ(targets({.actor_ids = {"user-1"}}), (Targets{"key_1", "proj_1"}));
  EXPECT_EQ(targets({.actor_ids = {"key_admin", "user-2"}}), (Targets{"key_1", "key_1"}));
  EXPECT_EQ(targets({.user_ids = {"user-2"}}), Targets{"key_1"});
  EXPECT_EQ(targets({.targets = {"proj_1"}}), Targets{"proj_1"});
  EXPECT_EQ(
      targets({.from_unix_ms = to_unix_ms(kStart) + 1, .to_unix_ms = to_unix_ms(kStart) + 2000}),
      Targets{"key_1"});
  EXPECT_EQ(targets({.actions = {"project.created"}, .targets = {"key_1"}}), Targets{});
}

TEST_F(AuditQueryTest, ValuesAreNeverSql) {
  append({.action = "project.created", .target = "proj_1"});
  EXPECT_EQ(targets({.targets = {"' OR 1 = 1 --"}}), Targets{});
  EXPECT_EQ(targets({.organization_id = "' OR '1' = '1"}), Targets{});
}

// Many in the same millisecond, a clock that goes back, and new ones while pages are read.
TEST_F(AuditQueryTest, PagesLoseAndRepeatNothingInEitherDirection) {
  for (int i = 0; i < 50; ++i) {
    append({.action = "a", .target = fmt::format("t{}", i)}, {}, milliseconds{(i / 7) % 5});
  }
  const auto all = targets({});
  ASSERT_EQ(std::set<std::string>(all.begin(), all.end()).size(), 50U);

  std::vector<AuditRecord> read;
  AuditFilter filter{.organization_id = "org-1", .rows_max = 7};
  for (;;) {
    const auto page = find_audit(database(), filter).value();
    if (page.empty()) break;
    read.insert(read.end(), page.begin(), page.end());
    filter.after = page.back();
    append({.action = "a", .target = "new"}, {}, milliseconds{10});
  }
  ASSERT_EQ(read.size(), 50U);
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(read[i].entry.target, all[i]);

  Targets backwards;
  filter = {.organization_id = "org-1", .before = read.back(), .rows_max = 7};
  for (;;) {
    const auto page = find_audit(database(), filter).value();
    if (page.empty()) break;
    for (auto record = page.rbegin(); record != page.rend(); ++record) {
      backwards.push_back(record->entry.target);
    }
    filter.before = page.front();
  }
  backwards.resize(49);  // those behind are new
  EXPECT_EQ(backwards, Targets(all.rbegin() + 1, all.rend()));
}

TEST_F(AuditQueryTest, APageCostsTheSameOfManyEntriesAsOfFew) {
  constexpr int kMany = 3'000;
  const auto fill = [&](const std::string& organization, int rows) {
    run_sql(fmt::format(
        "INSERT INTO audit_log (chain, sequence, chain_version, at_unix_ms, actor_kind, actor_id,"
        " actor_user_id, actor_address, organization_id, project_id, action, target, detail,"
        " previous_hash, hash) WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL"
        " SELECT i + 1 FROM n WHERE i < {}) SELECT '{}', i, 2, i / 3, 'cli', 'uid:0', '', '', '{}',"
        " 'proj', CASE WHEN i <= 20 THEN 'rare' ELSE 'frequent' END, 't', '{{}}', '', '' FROM n",
        rows, organization, organization));
  };
  fill("org-few", 60);
  fill("org-many", kMany);
  // As it does by itself within a minute.
  if (store::TestFolder::is_on_postgresql()) run_sql("ANALYZE");

  store::ReadCounter counter{database()};
  const auto cost = [&](AuditFilter filter) {
    filter.rows_max = 10;
    return counter.count([&] { EXPECT_TRUE(find_audit(database(), filter)); });
  };
  const auto few = cost({.organization_id = "org-few"});
  const auto first = cost({.organization_id = "org-many"});
  EXPECT_LE(first, 2 * few + 100);
  EXPECT_LE(cost({.organization_id = "org-many", .actions = {"rare"}}), 2 * few + 100);
  for (const int sequence : {kMany / 2, 2}) {
    const auto place =
        find_audit_entry(database(), fmt::format("audit_log-org-many-{}", sequence), "org-many");
    EXPECT_LE(cost({.organization_id = "org-many", .after = place.value()}), 2 * few + 100);
    EXPECT_LE(cost({.organization_id = "org-many", .before = place.value()}), 2 * few + 100);
  }
  run_sql("DROP INDEX audit_log_by_time");
  // The others' newer ones are passed by.
  EXPECT_GT(cost({.organization_id = "org-few"}), 5 * few);
}

TEST_F(AuditQueryTest, PeopleAndProjectsAreNamedAsTheyAreNow) {
  const auto owner = make_owner();
  append({.action = "project.updated", .target = owner.default_project_id.text()},
         {.kind = ActorKind::kUser, .id = owner.id.text()});
  auto records = find_audit(database(), {.organization_id = "org-1"}).value();
  EXPECT_EQ(names_for_audit(database(), records)->front().email, "Ada@Example.org");
  EXPECT_EQ(names_for_audit(database(), records)->front().project_name, "Default project");
  records.front().actor.user_id = "user-erased";
  EXPECT_EQ(names_for_audit(database(), records)->front().email, "");
}

}  // namespace
}  // namespace tg::identity
