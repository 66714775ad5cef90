// SPDX-License-Identifier: Apache-2.0
#include "identity/audit.h"

#include <atomic>

#include "identity/test_instance.h"

namespace tg::identity {
namespace {

class AuditTest : public TestInstance {
 protected:
  Result<void> append(const AuditEntry& entry, const Actor& actor = {}) {
    return database().write(
        [&](soci::session& session) { return append_audit(session, actor, entry, kStart); });
  }
  void append_three() {
    for (const char* action : {"one", "two", "three"}) {
      ASSERT_TRUE(append({.action = action, .target = "key_1"}).has_value());
    }
  }
};

TEST_F(AuditTest, EmptyLogHolds) { EXPECT_EQ(verify_audit(database()).value(), 0); }

TEST_F(AuditTest, ListsTheNewestFirstAsWritten) {
  const Actor actor{ActorKind::kCli, "uid:0", "192.0.2.1"};
  ASSERT_TRUE(append({.action = "one"}).has_value());
  ASSERT_TRUE(append({.action = "two",
                      .target = "key_1",
                      .organization_id = "org-1",
                      .detail = R"({"a":"ü\"'"})"},
                     actor)
                  .has_value());
  const auto records = list_audit(database()).value();
  ASSERT_EQ(records.size(), 2U);
  const auto& newest = records.front();
  EXPECT_EQ(newest.sequence, 2);
  EXPECT_EQ(newest.at, kStart);
  EXPECT_EQ(newest.actor.kind, ActorKind::kCli);
  EXPECT_EQ(newest.actor.id, "uid:0");
  EXPECT_EQ(newest.actor.address, "192.0.2.1");
  EXPECT_EQ(newest.entry.action, "two");
  EXPECT_EQ(newest.entry.target, "key_1");
  EXPECT_EQ(newest.entry.organization_id, "org-1");
  EXPECT_EQ(newest.entry.detail, R"({"a":"ü\"'"})");
  EXPECT_EQ(list_audit(database(), 1).value().size(), 1U);
  EXPECT_EQ(verify_audit(database()).value(), 2);
}

TEST_F(AuditTest, EveryEditedColumnShows) {
  for (const char* change :
       {"at_unix_ms = at_unix_ms + 1", "actor_kind = 'user'", "actor_id = 'x'",
        "actor_address = 'x'", "organization_id = 'x'", "action = 'x'", "target = 'x'",
        "detail = 'x'", "previous_hash = 'x'", "hash = 'x'", "sequence = 9"}) {
    run_sql("DELETE FROM audit_log");
    append_three();
    ASSERT_EQ(verify_audit(database()).value(), 3);
    run_sql(std::string{"UPDATE audit_log SET "} + change + " WHERE sequence = 2");
    EXPECT_EQ(code_of(verify_audit(database())), Code::kCorrupt) << change;
  }
}

TEST_F(AuditTest, EntryTakenFromTheMiddleOrTheStartShows) {
  append_three();
  run_sql("DELETE FROM audit_log WHERE sequence = 2");
  EXPECT_EQ(code_of(verify_audit(database())), Code::kCorrupt);
  run_sql("UPDATE audit_log SET sequence = 2 WHERE sequence = 3");
  EXPECT_EQ(code_of(verify_audit(database())), Code::kCorrupt);
  run_sql("DELETE FROM audit_log WHERE sequence = 1");
  EXPECT_EQ(code_of(verify_audit(database())), Code::kCorrupt);
}

TEST_F(AuditTest, ParallelChangesMakeOneChain) {
  in_parallel(8, [&](int i) {
    for (int n = 0; n < 5; ++n) {
      EXPECT_TRUE(append({.action = "act" + std::to_string(i)}).has_value());
    }
  });
  EXPECT_EQ(verify_audit(database()).value(), 40);
}

TEST_F(AuditTest, TooLongDetailIsRefused) {
  EXPECT_TRUE(append({.action = "a", .detail = std::string(4096, 'x')}).has_value());
  EXPECT_EQ(code_of(append({.action = "a", .detail = std::string(4097, 'x')})), Code::kInternal);
}

TEST_F(AuditTest, ChangeThatFailsLeavesNoEntry) {
  const auto failed = database().write([&](soci::session& session) -> Result<void> {
    TG_TRY_DONE(append_audit(session, {}, {.action = "a"}, kStart));
    return fail(Code::kConflict);
  });
  EXPECT_EQ(code_of(failed), Code::kConflict);
  EXPECT_EQ(verify_audit(database()).value(), 0);
}

}  // namespace
}  // namespace tg::identity
