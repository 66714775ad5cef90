// SPDX-License-Identifier: Apache-2.0
#include "identity/keys.h"

#include "identity/loaded_keys.h"
#include "identity/pages.h"
#include "identity/projects.h"
#include "identity/test_instance.h"

namespace tg::identity {
namespace {

using keys::KeyKind;
using std::chrono::milliseconds;

class KeysTest : public TestInstance {
 protected:
  KeysTest() : owner_{make_owner()} {}

  NewKey new_key(KeyKind kind, const std::string& key_name = "a key") const {
    NewKey key{.kind = kind, .name = key_name, .redacted = "sk-tg-proj-...wxyz"};
    key.digest.fill(static_cast<unsigned char>(kind) + 1);
    if (kind == KeyKind::kAdmin) key.organization_id = owner_.organization_id;
    if (kind != KeyKind::kAdmin) key.project_id = owner_.default_project_id;
    if (kind != KeyKind::kServiceAccount) key.user_id = owner_.id;
    return key;
  }
  Result<ChangedKey> try_create(const NewKey& key, WallTime now = kStart) {
    return create_key(database(), key, {}, now);
  }
  ChangedKey create(KeyKind kind, WallTime now = kStart) {
    auto created = try_create(new_key(kind), now);
    TG_CHECK(created.has_value());
    return *std::move(created);
  }
  std::vector<KeyInfo> list(const KeyFilter& filter, std::size_t limit = 100) {
    return page_of_keys(database(), filter, {.limit = limit, .newest_first = true})->items;
  }

  const User owner_;
};

void expect_same(const keys::KeyRecord& left, const keys::KeyRecord& right) {
  EXPECT_EQ(left.id, right.id);
  EXPECT_EQ(left.kind, right.kind);
  ASSERT_EQ(left.secrets.size(), right.secrets.size());
  for (std::size_t i = 0; i < left.secrets.size(); ++i) {
    EXPECT_EQ(left.secrets[i].digest, right.secrets[i].digest);
    EXPECT_EQ(left.secrets[i].ends_unix_ms, right.secrets[i].ends_unix_ms);
  }
  EXPECT_EQ(left.organization_id, right.organization_id);
  EXPECT_EQ(left.project_id, right.project_id);
  EXPECT_EQ(left.owner_id, right.owner_id);
  EXPECT_EQ(left.parent_id, right.parent_id);
  EXPECT_EQ(left.expires_unix_ms, right.expires_unix_ms);
  EXPECT_EQ(left.paused, right.paused);
  EXPECT_EQ(left.rules == nullptr, right.rules == nullptr);
}

TEST_F(KeysTest, AnArchivedProjectGetsNoNewKey) {
  const auto project = create_project(database(), owner_.organization_id, "over", {}, {}).value();
  auto key = new_key(KeyKind::kProject);
  key.project_id = project.id;
  ASSERT_TRUE(try_create(key).has_value());
  ASSERT_TRUE(archive_project(database(), project.id, {}).has_value());
  for (const auto kind : {KeyKind::kProject, KeyKind::kServiceAccount, KeyKind::kTest}) {
    key = new_key(kind);
    key.project_id = project.id;
    EXPECT_EQ(try_create(key).error().code, Code::kConflict) << keys::name(kind);
  }
}

TEST_F(KeysTest, EachKindIsCreatedFoundAndLoadedAlike) {
  for (const auto kind :
       {KeyKind::kProject, KeyKind::kServiceAccount, KeyKind::kAdmin, KeyKind::kTest}) {
    SCOPED_TRACE(keys::name(kind));
    const auto created = create(kind);
    const auto found = find_key(database(), created.info.id).value();
    EXPECT_EQ(found.kind, kind);
    EXPECT_EQ(found.name, "a key");
    EXPECT_EQ(found.redacted, "sk-tg-proj-...wxyz");
    EXPECT_EQ(found.organization_id, owner_.organization_id);
    EXPECT_EQ(found.created_at, kStart);
    EXPECT_FALSE(found.last_used_at.has_value());
    EXPECT_FALSE(found.revoked_at.has_value());
    EXPECT_EQ(found.revoke_reason, "");
    if (kind == KeyKind::kAdmin) {
      EXPECT_TRUE(found.project_id.empty());
      EXPECT_EQ(found.project_name, "");
    } else {
      EXPECT_EQ(found.project_id, owner_.default_project_id);
      EXPECT_EQ(found.project_name, "Default project");
    }
    if (kind == KeyKind::kServiceAccount) {
      EXPECT_TRUE(found.owner_id.starts_with("svc_acct_"));
      EXPECT_EQ(found.owner_name, "a key");
    } else {
      EXPECT_EQ(found.owner_id, owner_.id.text());
      EXPECT_EQ(found.owner_name, "Ada");
    }
    const auto loaded = loaded_keys(database()).value();
    ASSERT_EQ(loaded.size(), 1U);
    expect_same(loaded.front(), created.record);
    EXPECT_EQ(loaded.front().secrets.front().digest, new_key(kind).digest);
    ASSERT_TRUE(revoke_key(database(), created.info.id, "", {}).has_value());
  }
}

TEST_F(KeysTest, WhatAKeyHasNotIsNullInTheDatabase) {
  create(KeyKind::kAdmin);
  create(KeyKind::kServiceAccount);
  EXPECT_EQ(count("SELECT count(*) FROM api_keys WHERE kind = 'admin' AND project_id IS NULL"
                  " AND user_id IS NOT NULL AND service_account_id IS NULL"),
            1);
  EXPECT_EQ(count("SELECT count(*) FROM api_keys WHERE kind = 'service-account'"
                  " AND project_id IS NOT NULL AND user_id IS NULL"
                  " AND service_account_id IS NOT NULL"),
            1);
  EXPECT_EQ(count("SELECT count(*) FROM api_keys WHERE last_used_unix_ms IS NULL"
                  " AND revoked_unix_ms IS NULL"),
            2);
}

TEST_F(KeysTest, ServiceAccountMayHaveSeveralKeys) {
  const auto first = create(KeyKind::kServiceAccount);
  auto second = new_key(KeyKind::kServiceAccount, "second");
  second.service_account_id = ServiceAccountId{first.info.owner_id};
  const auto created = try_create(second);
  ASSERT_TRUE(created.has_value());
  EXPECT_EQ(created->info.owner_id, first.info.owner_id);
  EXPECT_EQ(created->info.owner_name, "a key");
  EXPECT_EQ(count("SELECT count(*) FROM service_accounts"), 1);
}

TEST_F(KeysTest, UnknownOwnersAndBadNamesAreRefusedAndLeaveNothing) {
  auto key = new_key(KeyKind::kProject);
  key.project_id = ProjectId{"proj_none"};
  EXPECT_EQ(code_of(try_create(key)), Code::kNotFound);
  key = new_key(KeyKind::kProject);
  key.user_id = UserId{"user-none"};
  EXPECT_EQ(code_of(try_create(key)), Code::kNotFound);
  key = new_key(KeyKind::kAdmin);
  key.organization_id = OrganizationId{};
  EXPECT_EQ(code_of(try_create(key)), Code::kNotFound);
  key = new_key(KeyKind::kServiceAccount);
  key.service_account_id = ServiceAccountId{"svc_acct_none"};
  EXPECT_EQ(code_of(try_create(key)), Code::kNotFound);
  for (const auto& bad : {std::string{}, std::string{"a\nb"}, std::string(257, 'a')}) {
    EXPECT_EQ(code_of(try_create(new_key(KeyKind::kProject, bad))), Code::kFieldInvalid);
  }
  EXPECT_EQ(count("SELECT count(*) FROM api_keys"), 0);
  EXPECT_EQ(count("SELECT count(*) FROM service_accounts"), 0);
}

TEST_F(KeysTest, LongestNameOfQuotesFitsTheAuditLog) {
  EXPECT_TRUE(try_create(new_key(KeyKind::kServiceAccount, std::string(256, '"'))).has_value());
  EXPECT_TRUE(verify_audit(database()).has_value());
}

TEST_F(KeysTest, ListIsNewestFirstAndBounded) {
  const auto first = create(KeyKind::kProject, kStart);
  const auto second = create(KeyKind::kAdmin, kStart + milliseconds{1});
  const auto third = create(KeyKind::kTest, kStart + milliseconds{2});
  const auto all = list({.organization_id = owner_.organization_id});
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].id, third.info.id);
  EXPECT_EQ(all[1].id, second.info.id);
  EXPECT_EQ(all[2].id, first.info.id);
  EXPECT_EQ(list({.organization_id = owner_.organization_id}, 2).size(), 2U);
  EXPECT_TRUE(list({.organization_id = OrganizationId{"org-none"}}).empty());
}

TEST_F(KeysTest, ListOfAProjectIsBoundedByItsOwnKeys) {
  const auto first = create(KeyKind::kProject, kStart);
  create(KeyKind::kAdmin, kStart + milliseconds{1});
  const auto of_project =
      list({.organization_id = owner_.organization_id, .project_id = owner_.default_project_id}, 1);
  ASSERT_EQ(of_project.size(), 1U);
  EXPECT_EQ(of_project.front().id, first.info.id);
  EXPECT_TRUE(
      list({.organization_id = owner_.organization_id, .project_id = ProjectId{"proj_none"}})
          .empty());
}

TEST_F(KeysTest, RevokedOnceStaysAsItWasRevoked) {
  const auto id = create(KeyKind::kProject).info.id;
  const auto alive = create(KeyKind::kTest);
  const auto revoked = revoke_key(database(), id, "leaked", {}, kStart).value();
  EXPECT_TRUE(revoked.was_alive);
  EXPECT_EQ(revoked.info.revoked_at, kStart);
  const auto entries = count("SELECT count(*) FROM audit_log");

  const auto again = revoke_key(database(), id, "other", {}, kStart + milliseconds{5}).value();
  EXPECT_FALSE(again.was_alive);
  EXPECT_EQ(again.info.revoked_at, kStart);
  EXPECT_EQ(again.info.revoke_reason, "leaked");
  EXPECT_EQ(count("SELECT count(*) FROM audit_log"), entries) << "nothing changed, nothing logged";

  EXPECT_EQ(list({.organization_id = owner_.organization_id}).size(), 1U);
  EXPECT_EQ(list({.organization_id = owner_.organization_id, .revoked_too = true}).size(), 2U);
  const auto loaded = loaded_keys(database()).value();
  ASSERT_EQ(loaded.size(), 1U);
  expect_same(loaded.front(), alive.record);
}

TEST_F(KeysTest, UnknownKeyIsNotFoundAndBadReasonRefused) {
  EXPECT_EQ(code_of(find_key(database(), KeyId{"key_none"})), Code::kNotFound);
  EXPECT_EQ(code_of(revoke_key(database(), KeyId{"key_none"}, "", {})), Code::kNotFound);
  const auto id = create(KeyKind::kProject).info.id;
  EXPECT_EQ(code_of(revoke_key(database(), id, "a\nb", {})), Code::kFieldInvalid);
  EXPECT_FALSE(find_key(database(), id).value().revoked_at.has_value());
}

TEST_F(KeysTest, AuditLogNamesTheKeyAndHoldsNoDigest) {
  const auto key = create(KeyKind::kProject);
  ASSERT_TRUE(revoke_key(database(), key.info.id, "leaked", {}).has_value());
  const auto records = list_audit(database()).value();
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[0].entry.action, "api_key.deleted");
  EXPECT_EQ(records[1].entry.action, "api_key.created");
  EXPECT_EQ(records[1].entry.target, key.info.id.text());
  for (const auto& record : records) {
    EXPECT_FALSE(record.entry.detail.contains("01010101")) << record.entry.detail;
  }
}

}  // namespace
}  // namespace tg::identity
