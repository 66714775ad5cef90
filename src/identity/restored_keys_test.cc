// SPDX-License-Identifier: Apache-2.0
#include "identity/restored_keys.h"

#include "identity/keys.h"
#include "identity/members.h"
#include "identity/organizations.h"
#include "identity/test_instance.h"

namespace tg::identity {
namespace {

class RestoredKeysTest : public TestInstance {
 protected:
  RestoredKeysTest() : owner_{make_owner()} {}

  KeyId make_key(unsigned char number, KeyId parent = {}) {
    NewKey key{.kind = keys::KeyKind::kProject,
               .name = "a key",
               .project_id = owner_.default_project_id,
               .user_id = owner_.id,
               .parent_id = std::move(parent)};
    key.digest[0] = number;
    key.redacted = "sk-tg-proj-...abcd";
    return create_key(database(), key, {}, kStart)->info.id;
  }
  KeyInfo find(const KeyId& id) { return *find_key(database(), id); }
  RestoredKeys replay(const std::string& action, const std::string& target, WallTime at) {
    return *replay_changes(database(),
                           {{.action = action,
                             .target = target,
                             .unix_ms = to_unix_ms(at),
                             .organization_id = owner_.organization_id.text()}},
                           kBackup, kBackup);
  }

  static constexpr WallTime kBackup = kStart + std::chrono::hours{1};
  User owner_;
};

TEST_F(RestoredKeysTest, RevokedOnesAreRevokedAgainWithTheirChildren) {
  const auto parent = make_key(1);
  const auto child = make_key(2, parent);
  const auto other = make_key(3);
  const auto told = replay("api_key.deleted", parent.text(), kBackup);
  EXPECT_EQ(told.revoked, 2);
  EXPECT_EQ(told.alive, 1);
  EXPECT_TRUE(find(parent).revoked_at);
  EXPECT_TRUE(find(child).revoked_at);
  EXPECT_FALSE(find(other).revoked_at);
}

TEST_F(RestoredKeysTest, RevocationFromBeforeTheBackupHoldsToo) {
  const auto key = make_key(1);
  EXPECT_EQ(replay("api_key.deleted", key.text(), kStart).revoked, 1);
}

TEST_F(RestoredKeysTest, ArchivedProjectEndsItsKeys) {
  const auto key = make_key(1);
  EXPECT_EQ(replay("project.archived", owner_.default_project_id.text(), kBackup).revoked, 1);
  EXPECT_TRUE(find(key).revoked_at);
}

TEST_F(RestoredKeysTest, WhoLeftAnOrganizationIsGoneFromItAndFromNoOther) {
  const auto second = *create_organization(database(), "second", owner_.id, {}, kStart);
  const auto key = make_key(1);
  (void)replay("user.deleted", owner_.id.text(), kBackup - std::chrono::seconds{1});
  EXPECT_TRUE(find_member(database(), owner_.organization_id, owner_.id));
  (void)replay("user.deleted", owner_.id.text(), kBackup);
  EXPECT_EQ(find_member(database(), owner_.organization_id, owner_.id).error().code,
            Code::kNotFound);
  EXPECT_TRUE(find_member(database(), second, owner_.id));
  EXPECT_FALSE(find(key).revoked_at);  // has an entry of its own
}

TEST_F(RestoredKeysTest, DeletedOrganizationIsDeletedAgain) {
  const auto second = *create_organization(database(), "second", owner_.id, {}, kStart);
  EXPECT_EQ(replay("tollgate.organization.deleted", second.text(), kBackup).revoked, 0);
  EXPECT_EQ(find_member(database(), second, owner_.id).error().code, Code::kNotFound);
  EXPECT_TRUE(find_member(database(), owner_.organization_id, owner_.id));
}

TEST_F(RestoredKeysTest, ThoseThatWereChangedSinceAreOnHold) {
  const auto rotated = make_key(1);
  const auto earlier = make_key(2);
  EXPECT_EQ(replay("tollgate.api_key.rotated", rotated.text(), kBackup).on_hold, 1);
  EXPECT_EQ(replay("tollgate.api_key.rotated", earlier.text(), kStart).on_hold, 0);
  EXPECT_EQ(find(rotated).pause_reason, kRestoreHold);
  EXPECT_FALSE(find(earlier).paused_at);
}

TEST_F(RestoredKeysTest, OtherEventsOfOtherThingsChangeNothing) {
  const auto key = make_key(1);
  for (const auto* action : {"rate_limit.deleted", "api_key.created", "project.updated"}) {
    const auto told = replay(action, owner_.default_project_id.text(), kBackup);
    EXPECT_EQ(told.revoked + told.on_hold, 0) << action;
  }
  EXPECT_EQ(replay("api_key.deleted", "", kBackup).revoked, 0);
}

TEST_F(RestoredKeysTest, HoldEndsByConfirmationAndAPersonsPauseDoesNot) {
  const auto held = make_key(1);
  const auto paused = make_key(2);
  ASSERT_TRUE(update_key(database(), paused, {.paused = true}, {}, kStart));
  EXPECT_EQ(hold_all_keys(database(), kBackup)->on_hold, 1);
  const auto released = release_held_keys(database(), {}, kBackup);
  ASSERT_TRUE(released);
  EXPECT_EQ(*released, std::vector{held});
  EXPECT_FALSE(find(held).paused_at);
  EXPECT_TRUE(find(paused).paused_at);
}

TEST_F(RestoredKeysTest, HoldOfOneKeyEndsWhenItIsResumed) {
  const auto key = make_key(1);
  ASSERT_TRUE(hold_all_keys(database(), kBackup));
  ASSERT_TRUE(update_key(database(), key, {.paused = false}, {}, kBackup));
  EXPECT_EQ(find(key).pause_reason, "");
  // A later pause of that key is a person's.
  ASSERT_TRUE(update_key(database(), key, {.paused = true}, {}, kBackup));
  EXPECT_TRUE(release_held_keys(database(), {}, kBackup)->empty());
}

}  // namespace
}  // namespace tg::identity
