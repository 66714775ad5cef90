// SPDX-License-Identifier: Apache-2.0
#include "keys/key_table.h"

#include <gtest/gtest.h>

#include <atomic>
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
          .digest = digest_of(number),
          .organization_id = OrganizationId{"org-1"},
          .project_id = ProjectId{"proj_" + std::to_string(number % 3)},
          .owner_id = "user-1"};
}

TEST(KeyTable, FindsEveryKeyAfterGrowing) {
  KeyTable table;
  constexpr int kKeys = 20'000;
  for (int number = 0; number < kKeys; ++number) table.insert(record_of(number));
  for (int number = 0; number < kKeys; ++number) {
    const auto* key = table.find(digest_of(number));
    ASSERT_NE(key, nullptr);
    EXPECT_EQ(key->id, KeyId{"key_" + std::to_string(number)});
  }
  EXPECT_EQ(table.find(digest_of(kKeys)), nullptr);
  EXPECT_EQ(table.size(), std::size_t{kKeys});
}

TEST(KeyTable, KeysOfOneProjectShareItsMeterAndItsOrganizations) {
  KeyTable table;
  auto& first = table.insert(record_of(0));
  auto& same_project = table.insert(record_of(3));
  auto& other_project = table.insert(record_of(1));
  EXPECT_EQ(first.project, same_project.project);
  EXPECT_NE(first.project, other_project.project);
  EXPECT_EQ(&first.project->organization, other_project.organization);
}

TEST(KeyTable, RevokingTellsWhetherTheKeyWasAlive) {
  KeyTable table;
  table.insert(record_of(7));
  EXPECT_TRUE(table.revoke(KeyId{"key_7"}));
  EXPECT_FALSE(table.revoke(KeyId{"key_7"}));
  EXPECT_FALSE(table.revoke(KeyId{"key_8"}));
  EXPECT_TRUE(table.find(digest_of(7))->revoked.load());
}

TEST(KeyTable, InsertingAKnownKeyChangesNothing) {
  KeyTable table;
  auto& first = table.insert(record_of(1));
  table.revoke(first.id);
  EXPECT_EQ(&table.insert(record_of(1)), &first);
  EXPECT_TRUE(first.revoked.load());
}

TEST(KeyTable, ReadersFindOldKeysWhileNewOnesComeIn) {
  KeyTable table;
  for (int number = 0; number < 100; ++number) table.insert(record_of(number));
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
    for (int number = 100; number < 10'000; ++number) table.insert(record_of(number));
    done = true;
  }
  EXPECT_EQ(missed, 0);
}

}  // namespace
}  // namespace tg::keys
