// SPDX-License-Identifier: Apache-2.0
#include "keys/key_table.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace tg::keys {
namespace {

Digest digest_of(int number) {
  static const auto kPepper = SecretBytes::random(kPepperBytes);
  return digest_key("key " + std::to_string(number), kPepper);
}

KeyRecord record_of(int number) {
  return {.id = KeyId{"key_" + std::to_string(number)},
          .kind = KeyKind::kProject,
          .secrets = {{.digest = digest_of(number)}},
          .organization_id = OrganizationId{"org-1"},
          .project_id = ProjectId{"proj_" + std::to_string(number % 3)},
          .owner_id = "user-1"};
}

TEST(KeyTable, FindsEveryKeyAfterGrowing) {
  KeyTable table;
  constexpr int kKeys = 20'000;
  for (int number = 0; number < kKeys; ++number) table.put(record_of(number));
  for (int number = 0; number < kKeys; ++number) {
    const auto* secret = table.find(digest_of(number));
    ASSERT_NE(secret, nullptr);
    EXPECT_EQ(secret->key->id, "key_" + std::to_string(number));
  }
  EXPECT_EQ(table.find(digest_of(kKeys)), nullptr);
  EXPECT_EQ(table.size(), std::size_t{kKeys});
}

TEST(KeyTable, KeysOfOneProjectShareItsMeterAndItsOrganizations) {
  KeyTable table;
  auto& first = table.put(record_of(0));
  auto& same_project = table.put(record_of(3));
  auto& other_project = table.put(record_of(1));
  EXPECT_EQ(first.project, same_project.project);
  EXPECT_NE(first.project, other_project.project);
  EXPECT_EQ(&first.project->organization, other_project.organization);
}

TEST(KeyTable, AUserHasLimitsOfItsOwnInEachOrganization) {
  KeyTable table;
  auto elsewhere = record_of(1);
  elsewhere.organization_id = OrganizationId{"org-2"};
  elsewhere.project_id = ProjectId{"proj_of_2"};
  auto& here = table.put(record_of(0));
  auto& there = table.put(elsewhere);
  EXPECT_NE(here.owner, there.owner);
  EXPECT_EQ(table.put(record_of(2)).owner, here.owner);
  EXPECT_EQ(table.find_owner("user-1", OrganizationId{"org-2"}), there.owner);
  EXPECT_EQ(&table.owner("user-1", OrganizationId{"org-1"}), here.owner);
  EXPECT_EQ(table.find_owner("user-2", OrganizationId{"org-1"}), nullptr);
}

TEST(KeyTable, ForEachSeesEveryKeyOnce) {
  KeyTable table;
  for (const int keys : {0, 1, 255, 256, 257, 40'000}) {
    for (int number = 0; number < keys; ++number) table.put(record_of(number));
    std::set<const Key*> seen;
    table.for_each([&](const Key& key) {
      EXPECT_FALSE(key.id.empty());
      seen.insert(&key);
    });
    EXPECT_EQ(seen.size(), static_cast<std::size_t>(keys));
  }
}

TEST(KeyTable, FindsKeysByTheirIdsAfterWhatTheyOutgrewIsGone) {
  KeyTable table;
  constexpr int kKeys = 5'000;
  for (int number = 0; number < kKeys; ++number) table.put(record_of(number));
  table.drop_outgrown();
  for (int number = 0; number < 2 * kKeys; ++number) {
    const KeyId id{"key_" + std::to_string(number)};
    const auto* key = number < kKeys ? table.find_by_id(id) : &table.put(record_of(number));
    ASSERT_NE(key, nullptr);
    EXPECT_EQ(key->id, id.text());
    EXPECT_EQ(table.find(digest_of(number))->key, key);
  }
  EXPECT_EQ(table.find_by_id(KeyId{"key_of_nobody"}), nullptr);
}

TEST(KeyTable, RevokingTellsWhetherTheKeyWasAlive) {
  KeyTable table;
  table.put(record_of(7));
  EXPECT_TRUE(table.revoke(KeyId{"key_7"}));
  EXPECT_FALSE(table.revoke(KeyId{"key_7"}));
  EXPECT_FALSE(table.revoke(KeyId{"key_8"}));
  EXPECT_TRUE(table.find(digest_of(7))->key->revoked.load());
}

TEST(KeyTable, PuttingAKnownKeyChangesItAndNeverRevivesIt) {
  KeyTable table;
  auto& first = table.put(record_of(1));
  table.revoke(KeyId{"key_1"});
  auto record = record_of(1);
  record.paused = true;
  EXPECT_EQ(&table.put(record), &first);
  EXPECT_TRUE(first.paused.load());
  EXPECT_TRUE(first.revoked.load());
  EXPECT_EQ(table.size(), 1U);
}

TEST(KeyTable, BothSecretsOpenOneKeyAndEachHasItsEnd) {
  KeyTable table;
  table.put(record_of(1));
  auto record = record_of(1);
  record.secrets = {{.digest = digest_of(1), .ends_unix_ms = 5000}, {.digest = digest_of(2)}};
  auto& key = table.put(record);
  EXPECT_EQ(table.find(digest_of(1))->key, &key);
  EXPECT_EQ(table.find(digest_of(1))->ends_unix_ms, 5000);
  EXPECT_EQ(table.find(digest_of(2))->key, &key);
  EXPECT_EQ(table.find(digest_of(2))->ends_unix_ms, kNever);
  EXPECT_EQ(key.newest.load()->digest, digest_of(2));
  EXPECT_EQ(key.newest.load()->older, &key.first);
}

TEST(KeyTable, AKeyIsClosedByRevocationExpiryPauseAndItsParent) {
  KeyTable table;
  auto& parent = table.put(record_of(1));
  auto record = record_of(2);
  record.parent_id = KeyId{"key_1"};
  record.expires_unix_ms = 1000;
  auto& child = table.put(record);
  ASSERT_EQ(child.parent, &parent);
  EXPECT_FALSE(child.closed(999));
  EXPECT_EQ(child.closed(1000), Code::kKeyExpired);
  parent.paused = true;
  EXPECT_EQ(child.closed(0), Code::kKeyPaused);
  table.revoke(KeyId{"key_1"});
  EXPECT_EQ(child.closed(0), Code::kKeyInvalid);
}

TEST(KeyTable, RulesAreReplacedWhole) {
  KeyTable table;
  auto record = record_of(1);
  record.rules = std::make_shared<const KeyRules>(KeyRules{.endpoints = 1});
  auto& key = table.put(record);
  const auto* before = key.rules.load();
  EXPECT_EQ(before->endpoints, 1U);
  record.rules = std::make_shared<const KeyRules>(KeyRules{.endpoints = 2});
  table.put(record);
  EXPECT_EQ(key.rules.load()->endpoints, 2U);
  EXPECT_EQ(before->endpoints, 1U) << "a reader may still look at it";
  record.rules = nullptr;
  table.put(record);
  EXPECT_EQ(key.rules.load(), nullptr);
}

TEST(KeyTable, ReadersFindOldKeysWhileNewOnesComeIn) {
  KeyTable table;
  for (int number = 0; number < 100; ++number) table.put(record_of(number));
  std::atomic<bool> done{false};
  std::atomic<int> missed{0};
  {
    std::vector<std::jthread> readers;
    for (int reader = 0; reader < 3; ++reader) {
      readers.emplace_back([&] {
        do {
          for (int number = 0; number < 100; ++number) {
            missed += table.find(digest_of(number)) == nullptr;
          }
        } while (!done);
      });
    }
    for (int number = 100; number < 10'000; ++number) table.put(record_of(number));
    done = true;
  }
  EXPECT_EQ(missed, 0);
}

}  // namespace
}  // namespace tg::keys
