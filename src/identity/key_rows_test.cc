// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <cstdio>
#include <set>

#include "identity/keys.h"
#include "identity/loaded_keys.h"
#include "identity/test_instance.h"

namespace tg::identity {
namespace {

class KeyRowsTest : public TestInstance {
 protected:
  KeyRowsTest() : owner_{make_owner()} {}

  // Numbered from 1: the number is in the id and, in decimal digits, at the digest's end.
  void insert_keys(int keys) {
    run_sql(
        "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers"
        " WHERE n < " +
        std::to_string(keys) +
        ")"
        " INSERT INTO api_keys (id, kind, name, redacted, digest, organization_id, project_id,"
        " user_id, created_unix_ms) SELECT 'key_' || n, 'project', 'k', 'r',"
        " substr('" +
        std::string(64, '0') + "' || n, length('' || n) + 1), '" + owner_.organization_id.text() +
        "', '" + owner_.default_project_id.text() + "', '" + owner_.id.text() +
        "', n FROM numbers");
  }
  void expect_loaded(int keys) {
    const auto loaded = loaded_keys(database());
    ASSERT_TRUE(loaded.has_value());
    ASSERT_EQ(loaded->size(), static_cast<std::size_t>(keys));
    std::set<int> numbers;
    for (const auto& record : *loaded) {
      int number = 0;
      for (const auto byte : record.secrets.front().digest) {
        number = number * 100 + (byte >> 4) * 10 + (byte & 15);
      }
      numbers.insert(number);
      ASSERT_EQ(record.id.text(), "key_" + std::to_string(number));
      ASSERT_EQ(record.project_id, owner_.default_project_id);
      ASSERT_EQ(record.organization_id, owner_.organization_id);
      ASSERT_EQ(record.owner_id, owner_.id.text());
    }
    EXPECT_EQ(numbers.size(), static_cast<std::size_t>(keys));
  }
  // Of the secret that insert_keys() gave it.
  static KeyUse use_of(int number, std::int64_t unix_ms) {
    KeyUse use{.id = KeyId{"key_" + std::to_string(number)},
               .unix_ms = unix_ms,
               .address = "203.0.113.7",
               .client = "test"};
    // Its digits, as hexadecimal ones.
    for (auto at = use.digest.size(); number > 0; number /= 100) {
      use.digest.at(--at) = static_cast<unsigned char>(number / 10 % 10 << 4 | number % 10);
    }
    return use;
  }
  std::optional<WallTime> last_use_of(int number) {
    return find_key(database(), KeyId{"key_" + std::to_string(number)}).value().last_used_at;
  }
  Result<void> touch(const std::vector<KeyUse>& uses) { return touch_last_used(database(), uses); }

  const User owner_;
};

TEST_F(KeyRowsTest, LoadsNothingFromNothing) { expect_loaded(0); }

// A batch has 4096 rows.
TEST_F(KeyRowsTest, LoadsEveryKeyOnceWhateverTheBatches) {
  for (const int keys : {1, 4095, 4096, 4097, 8192, 8193}) {
    SCOPED_TRACE(keys);
    run_sql("DELETE FROM api_keys");
    insert_keys(keys);
    expect_loaded(keys);
  }
}

TEST_F(KeyRowsTest, LoadsAHundredThousand) {
  constexpr int kKeys = 100'000;
  insert_keys(kKeys);
  const auto start = std::chrono::steady_clock::now();
  const auto loaded = loaded_keys(database());
  const auto took = std::chrono::steady_clock::now() - start;
  const auto took_ms = static_cast<long long>(took / std::chrono::milliseconds{1});
  std::printf("%d keys loaded in %lld ms\n", kKeys, took_ms);
  ASSERT_TRUE(loaded.has_value());
  expect_loaded(kKeys);
}

TEST_F(KeyRowsTest, DamagedRowsAreRefusedNotSkipped) {
  for (const char* change :
       {"kind = 'unknown'", "digest = 'zz'", "digest = ''", "digest = substr(digest, 3)",
        "digest = digest || '00'", "digest = substr(digest, 2) || 'g'"}) {
    run_sql("DELETE FROM api_keys");
    insert_keys(3);
    run_sql(std::string{"UPDATE api_keys SET "} + change + " WHERE id = 'key_2'");
    EXPECT_EQ(code_of(loaded_keys(database())), Code::kCorrupt) << change;
  }
}

TEST_F(KeyRowsTest, LastUseMovesForwardOnly) {
  insert_keys(3);
  ASSERT_TRUE(touch({}).has_value());
  ASSERT_TRUE(touch({use_of(1, 2000), use_of(2, 500)}).has_value());
  EXPECT_EQ(last_use_of(1), from_unix_ms(2000));
  EXPECT_EQ(last_use_of(2), from_unix_ms(500));
  EXPECT_FALSE(last_use_of(3).has_value());
  ASSERT_TRUE(touch({use_of(1, 1999), use_of(2, 501), use_of(77, 9)}).has_value());
  EXPECT_EQ(last_use_of(1), from_unix_ms(2000));
  EXPECT_EQ(last_use_of(2), from_unix_ms(501));
  const auto used = find_key(database(), KeyId{"key_2"}).value();
  EXPECT_EQ(used.last_address, "203.0.113.7");
  EXPECT_EQ(used.last_client, "test");
}

TEST_F(KeyRowsTest, AUseOfAFormerSecretIsItsOwn) {
  insert_keys(2);
  auto former = use_of(2, 700);
  former.digest.fill(0xaa);
  run_sql(
      "INSERT INTO former_secrets (id, key_id, redacted, digest, created_unix_ms,"
      " ends_unix_ms, last_address, last_client) VALUES ('secret_1', 'key_2', 'r', '" +
      std::string(64, 'a') + "', 1, 9000, '', '')");
  ASSERT_TRUE(touch({use_of(2, 300), former, use_of(1, 400)}).has_value());
  EXPECT_EQ(last_use_of(1), from_unix_ms(400));
  EXPECT_EQ(last_use_of(2), from_unix_ms(300));
  const auto secrets = list_former_secrets(database(), KeyId{"key_2"}).value();
  ASSERT_EQ(secrets.size(), 1U);
  EXPECT_EQ(secrets[0].last_used_at, from_unix_ms(700));
  former.unix_ms = 600;
  ASSERT_TRUE(touch({former}).has_value());
  EXPECT_EQ(count("SELECT last_used_unix_ms FROM former_secrets"), 700);
}

TEST_F(KeyRowsTest, DamagedRestrictionsAreRefusedNotDropped) {
  insert_keys(2);
  run_sql("UPDATE api_keys SET restrictions = '{' WHERE id = 'key_2'");
  EXPECT_EQ(code_of(loaded_keys(database())), Code::kCorrupt);
}

TEST_F(KeyRowsTest, ParentsComeBeforeTheirChildren) {
  insert_keys(3);
  run_sql("UPDATE api_keys SET parent_id = 'key_3' WHERE id = 'key_1'");
  const auto loaded = loaded_keys(database()).value();
  ASSERT_EQ(loaded.size(), 3U);
  EXPECT_EQ(loaded.back().id.text(), "key_1");
  EXPECT_EQ(loaded.back().parent_id.text(), "key_3");
}

// All are read through one record.
TEST_F(KeyRowsTest, NothingOfAKeyIsLeftToTheNext) {
  insert_keys(3);
  run_sql(
      "INSERT INTO service_accounts (id, project_id, name, created_unix_ms) VALUES ('svc_1', '" +
      owner_.default_project_id.text() + "', 's', 1)");
  run_sql(
      "UPDATE api_keys SET expires_unix_ms = 0, paused_unix_ms = 1, kind = 'service-account',"
      " user_id = NULL, service_account_id = 'svc_1', restrictions = '" +
      to_text({.models = {"gpt-5"}}) + "' WHERE id = 'key_2'");
  run_sql(
      "INSERT INTO former_secrets (id, key_id, redacted, digest, created_unix_ms,"
      " ends_unix_ms, last_address, last_client) VALUES ('secret_1', 'key_2', 'r', '" +
      std::string(64, 'a') + "', 1, 9000, '', '')");
  const auto loaded = loaded_keys(database(), from_unix_ms(8000)).value();
  ASSERT_EQ(loaded.size(), 3U);
  for (const auto& record : loaded) {
    const bool is_rich = record.id.text() == "key_2";
    EXPECT_EQ(record.expires_unix_ms, is_rich ? 0 : keys::kNever);
    EXPECT_EQ(record.paused, is_rich);
    EXPECT_EQ(record.kind, is_rich ? keys::KeyKind::kServiceAccount : keys::KeyKind::kProject);
    EXPECT_EQ(record.owner_id, is_rich ? "svc_1" : owner_.id.text());
    EXPECT_EQ(record.rules != nullptr, is_rich);
    EXPECT_EQ(record.secrets.size(), is_rich ? 2U : 1U);
  }
}

TEST_F(KeyRowsTest, OnlyAnotherNetworkThanBeforeLeavesANote) {
  insert_keys(2);
  const auto notes = [this] {
    return count("SELECT count(*) FROM audit_log WHERE action = 'tollgate.api_key.new_network'");
  };
  const auto see = [this](const char* id, const char* network) {
    ASSERT_TRUE(note_sightings(database(), {{KeyId{id}, network}}, kStart).has_value());
  };
  see("key_1", "203.0.113.0/24");
  EXPECT_EQ(notes(), 0) << "the first is no surprise";
  see("key_1", "203.0.113.0/24");
  see("key_2", "203.0.113.0/24");
  EXPECT_EQ(notes(), 0);
  see("key_1", "198.51.100.0/24");
  EXPECT_EQ(notes(), 1);
  see("key_1", "198.51.100.0/24");
  EXPECT_EQ(notes(), 1);
  see("key_none", "198.51.100.0/24");
  EXPECT_EQ(list_key_networks(database(), KeyId{"key_1"}).value().size(), 2U);
  EXPECT_TRUE(verify_audit(database()).has_value());
}

TEST_F(KeyRowsTest, NetworksOfManyKeysAreSeenAtOnce) {
  insert_keys(3);
  const std::vector<KeySighting> sightings{{KeyId{"key_1"}, "203.0.113.0/24"},
                                           {KeyId{"key_1"}, "203.0.113.0/24"},
                                           {KeyId{"key_2"}, "203.0.113.0/24"},
                                           {KeyId{"key_1"}, "198.51.100.0/24"}};
  ASSERT_TRUE(note_sightings(database(), sightings, from_unix_ms(1000)).has_value());
  ASSERT_TRUE(note_sightings(database(), {sightings[0]}, from_unix_ms(2000)).has_value());
  const auto networks = list_key_networks(database(), KeyId{"key_1"}).value();
  ASSERT_EQ(networks.size(), 2U);
  EXPECT_EQ(networks[0].network, "203.0.113.0/24");
  EXPECT_EQ(networks[0].first_seen_at, from_unix_ms(1000));
  EXPECT_EQ(networks[0].last_seen_at, from_unix_ms(2000));
  EXPECT_EQ(count("SELECT count(*) FROM audit_log WHERE action = 'tollgate.api_key.new_network'"),
            1);
}

TEST_F(KeyRowsTest, ANetworkBeyondAThousandIsNotKept) {
  insert_keys(1);
  std::vector<KeySighting> sightings;
  for (int i = 0; i < 1001; ++i) {
    sightings.push_back({KeyId{"key_1"}, "2001:db8:" + std::to_string(i) + "::/48"});
  }
  ASSERT_TRUE(note_sightings(database(), sightings, from_unix_ms(1000)).has_value());
  EXPECT_EQ(count("SELECT count(*) FROM key_networks"), 1000);
}

TEST_F(KeyRowsTest, ManyLastUsesAreWrittenAtOnce) {
  constexpr int kKeys = 10'000;
  insert_keys(kKeys);
  std::vector<KeyUse> uses;
  for (int i = 1; i <= kKeys; ++i) uses.push_back(use_of(i, i));
  ASSERT_TRUE(touch(uses).has_value());
  EXPECT_EQ(count("SELECT count(*) FROM api_keys WHERE last_used_unix_ms = created_unix_ms"),
            kKeys);
}

}  // namespace
}  // namespace tg::identity
