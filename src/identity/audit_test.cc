// SPDX-License-Identifier: Apache-2.0
#include "identity/audit.h"

#include <atomic>

#include "identity/audit_query.h"
#include "identity/audit_verify.h"
#include "identity/test_instance.h"

namespace tg::identity {
namespace {

class AuditTest : public TestInstance {
 protected:
  Result<void> append(const AuditEntry& entry, const Actor& actor = {}) {
    return database().write(
        [&](soci::session& session) { return append_audit(session, actor, entry, kStart); });
  }
  void append_three(const std::string& organization_id = {}) {
    for (const char* action : {"one", "two", "three"}) {
      ASSERT_TRUE(append({.action = action, .target = "key_1", .organization_id = organization_id})
                      .has_value());
    }
  }
  void forget_all() {
    run_sql("DELETE FROM audit_log");
    run_sql("DELETE FROM audit_heads");
  }
  // The first finding, as "chain sequence: what"; "" where all holds.
  std::string finding() {
    const auto report = check_audit(database()).value();
    if (report.findings.empty()) return {};
    const auto& first = report.findings.front();
    return first.chain + " " + std::to_string(first.sequence) + ": " + first.what;
  }
};

class SealedAuditTest : public AuditTest {
 protected:
  SealedAuditTest() { database().set_seal_key(key_); }

  SecretBytes key_{std::string_view{"the pepper of this test, 32 byte"}};
};

TEST_F(AuditTest, EmptyLogHolds) { EXPECT_EQ(verify_audit(database()).value(), 0); }

TEST_F(AuditTest, ListsTheNewestFirstAsWritten) {
  const Actor actor{ActorKind::kCli, "uid:0", "192.0.2.1"};
  ASSERT_TRUE(append({.action = "one", .organization_id = "org-1"}).has_value());
  ASSERT_TRUE(append({.action = "two",
                      .target = "key_1",
                      .organization_id = "org-1",
                      .detail = R"({"a":"ü\"'"})",
                      .project_id = "proj_1"},
                     actor)
                  .has_value());
  const auto records = list_audit(database()).value();
  ASSERT_EQ(records.size(), 2U);
  const auto& newest = records.front();
  EXPECT_EQ(newest.chain, "org-1");
  EXPECT_EQ(newest.sequence, 2);
  EXPECT_EQ(newest.at, kStart);
  EXPECT_EQ(newest.actor.kind, ActorKind::kCli);
  EXPECT_EQ(newest.actor.id, "uid:0");
  EXPECT_EQ(newest.actor.address, "192.0.2.1");
  EXPECT_EQ(newest.entry.action, "two");
  EXPECT_EQ(newest.entry.target, "key_1");
  EXPECT_EQ(newest.entry.organization_id, "org-1");
  EXPECT_EQ(newest.entry.detail, R"({"a":"ü\"'"})");
  EXPECT_EQ(newest.entry.project_id, "proj_1");
  EXPECT_EQ(list_audit(database(), 1).value().size(), 1U);
  EXPECT_EQ(verify_audit(database()).value(), 2);
}

TEST_F(AuditTest, EachOrganizationAndTheInstanceHaveAChainOfTheirOwn) {
  append_three("org-1");
  append_three();
  append_three("org-2");
  for (const auto& record : list_audit(database()).value()) {
    EXPECT_LE(record.sequence, 3);
    EXPECT_EQ(record.chain, record.entry.organization_id);
    EXPECT_EQ(record.sequence == 1, record.previous_hash.empty());
  }
  const auto report = check_audit(database()).value();
  EXPECT_EQ(report.chains, 3);
  EXPECT_EQ(report.entries, 9);
  EXPECT_TRUE(report.findings.empty());
}

TEST_F(AuditTest, AnEntryIsFoundByItsId) {
  append_three("org-1");
  append_three();
  for (const auto& record : list_audit(database()).value()) {
    const auto found = find_audit_entry(database(), audit_id(record), std::nullopt);
    ASSERT_TRUE(found.has_value()) << audit_id(record);
    EXPECT_EQ(found->hash, record.hash);
  }
  EXPECT_TRUE(find_audit_entry(database(), "audit_log-org-1-2", "org-1").has_value());
  EXPECT_EQ(code_of(find_audit_entry(database(), "audit_log-org-1-2", "org-2")), Code::kNotFound);
  for (const char* bad : {"", "audit_log-", "audit_log-org-1-4", "audit_log-instance-", "x-1",
                          "audit_log-org-1-1x", "audit_log-org-1-99999999999999999999"}) {
    EXPECT_EQ(code_of(find_audit_entry(database(), bad, std::nullopt)), Code::kNotFound) << bad;
  }
}

TEST_F(AuditTest, EveryEditedColumnShows) {
  for (const char* change :
       {"at_unix_ms = at_unix_ms + 1", "actor_kind = 'user'", "actor_id = 'x'",
        "actor_user_id = 'x'", "actor_address = 'x'", "organization_id = 'x'", "project_id = 'x'",
        "action = 'x'", "target = 'x'", "detail = 'x'", "chain_version = 1", "chain_version = 3",
        "previous_hash = 'x'", "hash = 'x'", "sequence = 9", "chain = 'org-x'"}) {
    forget_all();
    append_three();
    ASSERT_EQ(verify_audit(database()).value(), 3);
    run_sql(std::string{"UPDATE audit_log SET "} + change + " WHERE sequence = 2");
    EXPECT_EQ(code_of(verify_audit(database())), Code::kCorrupt) << change;
  }
}

TEST_F(AuditTest, WhatIsWrongIsSaidWithItsPlace) {
  append_three("org-1");
  run_sql("UPDATE audit_log SET detail = 'x' WHERE sequence = 2");
  EXPECT_EQ(finding(), "org-1 2: the entry was altered");
  run_sql("DELETE FROM audit_log WHERE sequence = 2");
  EXPECT_EQ(finding(), "org-1 2: entries are missing: the next one is 3");
  run_sql("UPDATE audit_log SET sequence = 2 WHERE sequence = 3");
  EXPECT_EQ(finding(), "org-1 2: the entry does not follow on the one before it");
  run_sql("DELETE FROM audit_log WHERE sequence = 2");
  EXPECT_EQ(finding(), "org-1 2: the end is cut off: the head counts 3 entries");
  run_sql("DELETE FROM audit_log WHERE sequence = 1");
  EXPECT_EQ(finding(), "org-1 1: the end is cut off: the head counts 3 entries");
}

TEST_F(AuditTest, SwappedPairShows) {
  append_three();
  run_sql("UPDATE audit_log SET sequence = 9 WHERE sequence = 1");
  run_sql("UPDATE audit_log SET sequence = 1 WHERE sequence = 2");
  run_sql("UPDATE audit_log SET sequence = 2 WHERE sequence = 9");
  EXPECT_EQ(finding(), " 1: the entry does not follow on the one before it");
}

TEST_F(AuditTest, HeadThatIsGoneOrNamesAnotherEndShows) {
  append_three();
  run_sql("UPDATE audit_heads SET entries = 2");
  EXPECT_EQ(finding(), " 3: the head counts only 2 entries");
  run_sql("UPDATE audit_heads SET entries = 3, hash = 'x'");
  EXPECT_EQ(finding(), " 3: the head names another last entry");
  run_sql("DELETE FROM audit_heads");
  EXPECT_EQ(finding(), " 3: the chain's head is missing");
}

TEST_F(AuditTest, AnOrganizationsWholeChainCannotGoUnnoticed) {
  append_three("org-1");
  append_three("org-2");
  run_sql("DELETE FROM audit_log WHERE chain = 'org-1'");
  run_sql("DELETE FROM audit_heads WHERE chain = 'org-1'");
  EXPECT_EQ(finding(), " 0: there are 1 chains of organizations where 2 were begun");
}

TEST_F(AuditTest, AllOfItCannotGoUnnoticedWhereThereAreOrganizations) {
  make_owner();
  forget_all();
  EXPECT_EQ(finding(), " 0: the instance's chain is gone");
}

TEST_F(SealedAuditTest, CutOffEndShowsThoughTheHeadFits) {
  append_three("org-1");
  EXPECT_TRUE(check_audit(database())->heads_sealed);
  ASSERT_EQ(finding(), "");
  run_sql("DELETE FROM audit_log WHERE sequence = 3");
  run_sql(
      "UPDATE audit_heads SET entries = 2,"
      " hash = (SELECT hash FROM audit_log WHERE sequence = 2) WHERE chain = 'org-1'");
  EXPECT_EQ(finding(), "org-1 2: the head's seal does not hold");
  run_sql("UPDATE audit_heads SET mac = '' WHERE chain = 'org-1'");
  EXPECT_EQ(finding(), "org-1 2: the head's seal does not hold");
}

TEST_F(SealedAuditTest, NumberOfChainsIsSealedToo) {
  append_three("org-1");
  append_three("org-2");
  run_sql("DELETE FROM audit_log WHERE chain = 'org-1'");
  run_sql("DELETE FROM audit_heads WHERE chain = 'org-1'");
  run_sql("UPDATE audit_heads SET chains = 1 WHERE chain = ''");
  EXPECT_EQ(finding(), " 0: the head's seal does not hold");
}

TEST_F(SealedAuditTest, WhatIsWrittenLaterDoesNotCoverUp) {
  const char* attacks[] = {"UPDATE audit_heads SET entries = 2, hash = 'x' WHERE chain = 'org-1'",
                           "UPDATE audit_heads SET entries = 2 WHERE chain = 'org-1'",
                           "DELETE FROM audit_heads WHERE chain = 'org-1'",
                           "DELETE FROM audit_heads"};
  for (const char* attack : attacks) {
    forget_all();
    append_three("org-1");
    ASSERT_EQ(finding(), "");
    run_sql("DELETE FROM audit_log WHERE sequence = 3");
    run_sql(attack);
    append_three("org-1");
    EXPECT_NE(finding(), "") << attack;
  }
}

TEST_F(SealedAuditTest, AnEmptiedLogIsNoNewOneWhereThereAreKeys) {
  const auto owner = make_owner();
  ASSERT_EQ(finding(), "");
  run_sql(
      "INSERT INTO api_keys (id, kind, name, redacted, digest, organization_id,"
      " created_unix_ms) SELECT 'key_1', 'admin', 'x', 'x', 'x', id, 1 FROM organizations");
  forget_all();
  append_three(owner.organization_id.text());
  EXPECT_NE(finding(), "");
}

TEST_F(SealedAuditTest, AnEntryIsWrittenWhateverHasBecomeOfTheHead) {
  append_three("org-1");
  run_sql("UPDATE audit_heads SET entries = 1 WHERE chain = 'org-1'");
  append_three("org-1");
  EXPECT_EQ(count("SELECT count(*) FROM audit_log"), 6);
  EXPECT_NE(finding(), "");
}

TEST_F(SealedAuditTest, AnotherPeppersSealsDoNotHold) {
  append_three("org-1");
  SecretBytes other{std::string_view{"another pepper, also of 32 bytes"}};
  const auto heads = list_audit_heads(database()).value();
  for (const auto& head : heads) {
    EXPECT_EQ(head.mac, mac_of(head, key_));
    EXPECT_NE(head.mac, mac_of(head, other));
  }
}

TEST_F(AuditTest, ParallelChangesMakeOneChainEach) {
  in_parallel(8, [&](int i) {
    for (int n = 0; n < 5; ++n) {
      EXPECT_TRUE(append({.action = "act" + std::to_string(i),
                          .organization_id = i % 2 == 0 ? "org-even" : "org-odd"})
                      .has_value());
    }
  });
  EXPECT_EQ(verify_audit(database()).value(), 40);
}

TEST_F(AuditTest, TooLongDetailIsRefused) {
  EXPECT_TRUE(append({.action = "a", .detail = std::string(16384, 'x')}).has_value());
  EXPECT_EQ(code_of(append({.action = "a", .detail = std::string(16385, 'x')})), Code::kInternal);
}

TEST_F(AuditTest, ChangeThatFailsLeavesNoEntry) {
  const auto failed = database().write([&](soci::session& session) -> Result<void> {
    TG_TRY_DONE(append_audit(session, {}, {.action = "a"}, kStart));
    return fail(Code::kConflict);
  });
  EXPECT_EQ(code_of(failed), Code::kConflict);
  EXPECT_EQ(verify_audit(database()).value(), 0);
}

// What stood in the one chain of before migration 9, with the hash that it was written with.
TEST_F(SealedAuditTest, EntriesOfTheFirstVersionHoldAndAreFollowed) {
  // BLAKE2b-256 of "0:1:113:17950000000004:user6:user-10:5:org-111:key.revoked5:key_12:{}".
  const std::string hash = "915a46d5701221129e7007b8954084218350181448f12df06050a8a6dbdee815";
  run_sql(
      "INSERT INTO audit_log VALUES ('', 1, 1, 1795000000000, 'user', 'user-1', 'user-1', '',"
      " 'org-1', '', 'api_key.deleted', 'key_1', '{}', '', '" +
      hash + "')");
  run_sql("INSERT INTO audit_heads VALUES ('', 1, '" + hash + "', 0, '')");
  EXPECT_EQ(finding(), "");
  append_three("org-1");
  append_three();
  EXPECT_EQ(finding(), "");
  EXPECT_EQ(find_audit(database(), {.organization_id = "org-1"})->size(), 4U);
  run_sql("UPDATE audit_log SET actor_user_id = 'user-2' WHERE chain_version = 1");
  EXPECT_EQ(finding(), " 1: the entry was altered");
}

}  // namespace
}  // namespace tg::identity
