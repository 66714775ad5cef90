// SPDX-License-Identifier: Apache-2.0
#include "identity/keys.h"
#include "identity/loaded_keys.h"
#include "identity/test_instance.h"

namespace tg::identity {
namespace {

using keys::KeyKind;
using std::chrono::hours;
using std::chrono::seconds;

class KeyChangesTest : public TestInstance {
 protected:
  KeyChangesTest() : owner_{make_owner()} {}

  static keys::Digest digest(unsigned char number) {
    keys::Digest digest{};
    digest.fill(number);
    return digest;
  }
  NewKey new_key(const char* key_name) {
    return {.kind = KeyKind::kProject,
            .name = key_name,
            .project_id = owner_.default_project_id,
            .user_id = owner_.id,
            .digest = digest(++digests_),
            .redacted = "sk-tg-proj-...0001"};
  }
  KeyInfo create(const NewKey& key) { return create_key(database(), key, {}, kStart).value().info; }
  Result<ChangedKey> update(const KeyId& id, const KeyUpdate& what, WallTime now = kStart) {
    return update_key(database(), id, what, {}, now);
  }
  Result<ChangedKey> rotate(const KeyId& id, unsigned char number, seconds grace, WallTime now) {
    return rotate_key(database(), id,
                      {.digest = digest(number), .redacted = "sk-tg-proj-...0002", .grace = grace},
                      {}, now);
  }
  long long audited(const std::string& action) {
    return count("SELECT count(*) FROM audit_log WHERE action = '" + action + "'");
  }

  const User owner_;
  unsigned char digests_ = 0;
};

TEST_F(KeyChangesTest, AnUpdateChangesWhatItNamesAndIsAudited) {
  const auto key = create(new_key("laptop"));
  const auto changed = update(key.id, {.name = "desk",
                                       .restrictions = KeyRestrictions{.models = {"gpt-5"}},
                                       .expires_at = std::optional{kStart + hours{1}}})
                           .value();
  EXPECT_EQ(changed.info.name, "desk");
  EXPECT_EQ(changed.info.note, "");
  EXPECT_EQ(changed.info.expires_at, kStart + hours{1});
  EXPECT_EQ(changed.record.expires_unix_ms, to_unix_ms(kStart + hours{1}));
  ASSERT_NE(changed.record.rules, nullptr);
  EXPECT_FALSE(changed.record.rules->allows_model("gpt-4o"));
  const auto entry = list_audit(database()).value().front().entry;
  EXPECT_EQ(entry.action, "api_key.updated");
  EXPECT_TRUE(entry.detail.contains(R"("before":{"expires_at":null,"models":[],"name":"laptop"})"))
      << entry.detail;
}

TEST_F(KeyChangesTest, AnUpdateToWhatIsLeavesNoTrace) {
  const auto key = create(new_key("laptop"));
  ASSERT_TRUE(update(key.id, {.name = "laptop", .paused = false}).has_value());
  EXPECT_EQ(audited("api_key.updated"), 0);
}

TEST_F(KeyChangesTest, PausedAndResumed) {
  const auto key = create(new_key("laptop"));
  EXPECT_TRUE(update(key.id, {.paused = true}).value().record.paused);
  EXPECT_TRUE(loaded_keys(database(), kStart).value().front().paused);
  EXPECT_FALSE(update(key.id, {.paused = false}).value().record.paused);
}

TEST_F(KeyChangesTest, RevokedAndExpiredKeysStayAsTheyAre) {
  auto short_lived = new_key("short");
  short_lived.expires_at = kStart + seconds{10};
  const auto expired = create(short_lived);
  EXPECT_EQ(code_of(update(expired.id, {.name = "longer"}, kStart + seconds{10})), Code::kConflict);
  EXPECT_EQ(code_of(rotate(expired.id, 9, seconds{0}, kStart + seconds{10})), Code::kConflict);
  const auto revoked = create(new_key("gone"));
  ASSERT_TRUE(revoke_key(database(), revoked.id, "", {}, kStart).has_value());
  EXPECT_EQ(code_of(update(revoked.id, {.paused = false})), Code::kConflict);
  EXPECT_EQ(code_of(rotate(revoked.id, 9, seconds{0}, kStart)), Code::kConflict);
}

TEST_F(KeyChangesTest, BadPropertiesAreRefused) {
  const auto key = create(new_key("laptop"));
  EXPECT_EQ(code_of(update(key.id, {.name = ""})), Code::kFieldInvalid);
  EXPECT_EQ(code_of(update(key.id, {.note = std::string(1025, 'x')})), Code::kFieldInvalid);
  EXPECT_EQ(code_of(update(key.id, {.restrictions = KeyRestrictions{.scopes = {"nope"}}})),
            Code::kFieldInvalid);
  EXPECT_EQ(code_of(update(key.id, {.expires_at = std::optional{kStart}})), Code::kFieldInvalid);
  EXPECT_EQ(code_of(update(KeyId{"key_none"}, {.name = "x"})), Code::kNotFound);
}

TEST_F(KeyChangesTest, ARotationGivesASecondSecretAndAThirdEndsTheOldest) {
  const auto key = create(new_key("laptop"));
  const auto second = rotate(key.id, 100, hours{24}, kStart).value();
  ASSERT_EQ(second.record.secrets.size(), 2U);
  EXPECT_EQ(second.record.secrets[0].digest, digest(100));
  EXPECT_EQ(second.record.secrets[0].ends_unix_ms, keys::kNever);
  EXPECT_EQ(second.record.secrets[1].digest, digest(1));
  EXPECT_EQ(second.record.secrets[1].ends_unix_ms, to_unix_ms(kStart + hours{24}));
  EXPECT_EQ(second.info.redacted, "sk-tg-proj-...0002");

  const auto later = kStart + hours{1};
  const auto third = rotate(key.id, 101, hours{24}, later).value();
  ASSERT_EQ(third.record.secrets.size(), 3U);
  EXPECT_EQ(third.record.secrets[1].digest, digest(100));
  EXPECT_EQ(third.record.secrets[1].ends_unix_ms, to_unix_ms(later + hours{24}));
  EXPECT_EQ(third.record.secrets[2].ends_unix_ms, to_unix_ms(later)) << "the oldest has ended";
  const auto loaded = loaded_keys(database(), later).value().front();
  EXPECT_EQ(loaded.secrets.size(), 2U);
}

TEST_F(KeyChangesTest, AFormerSecretEndsEarlyAndOnce) {
  const auto key = create(new_key("laptop"));
  ASSERT_TRUE(rotate(key.id, 100, hours{24}, kStart).has_value());
  const auto former = list_former_secrets(database(), key.id).value();
  ASSERT_EQ(former.size(), 1U);
  EXPECT_EQ(former.front().redacted, "sk-tg-proj-...0001");
  const auto end = [&](const std::string& secret_id) {
    return end_former_secret(database(), key.id, secret_id, {}, kStart + hours{1});
  };
  EXPECT_EQ(code_of(end("secret_none")), Code::kNotFound);
  const auto ended = end(former.front().id).value();
  EXPECT_EQ(ended.record.secrets[1].ends_unix_ms, to_unix_ms(kStart + hours{1}));
  EXPECT_EQ(code_of(end(former.front().id)), Code::kNotFound);
}

TEST_F(KeyChangesTest, ChildrenAreOneLevelDeepAndDieWithTheirParent) {
  const auto parent = create(new_key("parent"));
  auto wanted = new_key("child");
  wanted.parent_id = parent.id;
  const auto child = create(wanted);
  EXPECT_EQ(child.parent_id, parent.id);
  auto grandchild = new_key("grandchild");
  grandchild.parent_id = child.id;
  EXPECT_EQ(code_of(create_key(database(), grandchild, {}, kStart)), Code::kConflict);
  const auto revoked = revoke_key(database(), parent.id, "", {}, kStart).value();
  EXPECT_EQ(revoked.children, std::vector{child.id});
  EXPECT_TRUE(find_key(database(), child.id).value().revoked_at.has_value());
  auto late = new_key("late");
  late.parent_id = parent.id;
  EXPECT_EQ(code_of(create_key(database(), late, {}, kStart)), Code::kConflict);
}

}  // namespace
}  // namespace tg::identity
