// SPDX-License-Identifier: Apache-2.0
#include "identity/federation_tokens.h"

#include <gtest/gtest.h>

#include "identity/keys.h"
#include "identity/loaded_keys.h"
#include "identity/service_accounts.h"
#include "identity/test_instance.h"
#include "identity/workload_providers.h"

namespace tg::identity {
namespace {

using namespace std::chrono_literals;

class FederationTokensTest : public TestInstance {
 protected:
  FederationTokensTest() : owner_{make_owner()} {
    provider_ = create_workload_provider(database(),
                                         {.organization_id = owner_.organization_id,
                                          .name = "ci",
                                          .issuer = "https://ci.example.com",
                                          .audience = "us"},
                                         {}, kStart)
                    .value();
    rule_ = make_rule("one");
  }

  FederationRule make_rule(const std::string& name) {
    keys::Digest digest{};
    digest.fill(static_cast<unsigned char>(name.size()));
    const auto key = create_key(database(),
                                {.kind = keys::KeyKind::kServiceAccount,
                                 .name = name,
                                 .project_id = owner_.default_project_id,
                                 .user_id = owner_.id,
                                 .digest = digest,
                                 .redacted = "sk-tg-svc-...wxyz"},
                                {}, kStart)
                         .value();
    return create_federation_rule(database(),
                                  {.provider_id = provider_.id,
                                   .organization_id = owner_.organization_id,
                                   .project_id = owner_.default_project_id,
                                   .service_account_id = ServiceAccountId{key.info.owner_id},
                                   .key_id = key.info.id,
                                   .name = name,
                                   .matchers = {{"sub", "me"}}},
                                  {}, kStart)
        .value();
  }
  FederationRule present(const FederationRule& rule) {
    return find_federation_rule(database(), provider_.id, rule.id).value();
  }

  Result<AccessToken> issue(const std::string& subject, WallTime expires_at, WallTime now) {
    return issue_access_token(
        database(),
        {.rule = present(rule_),
         .subject_hash = subject,
         .subject = "me",
         .expires_at = expires_at},
        [&](std::int64_t number) {
          TokenSecret secret{.redacted = "sk-tg-svc-...abcd"};
          secret.digest.fill(static_cast<unsigned char>(subject[0]));
          secret.digest[0] = static_cast<unsigned char>(number);
          return secret;
        },
        now);
  }
  // What opens the rule's key besides the secret that nobody knows.
  std::size_t open_secrets(WallTime now) {
    const auto loaded = loaded_keys(database(), now).value();
    for (const auto& record : loaded) {
      if (record.id == rule_.key_id) return record.secrets.size() - 1;
    }
    return 0;
  }

  User owner_;
  WorkloadProvider provider_;
  FederationRule rule_;
};

TEST_F(FederationTokensTest, TheSameSubjectTokenGivesTheSameAndNothingMore) {
  const auto first = issue("a", kStart + 10min, kStart).value();
  EXPECT_EQ(first.number, 1);
  EXPECT_EQ(first.ends_at, kStart + 10min) << "never later than its subject token";
  ASSERT_EQ(first.made.size(), 1u);
  for (const auto after : {1s, 299s, 301s, 599s}) {
    const auto again = issue("a", kStart + 10min, kStart + after).value();
    EXPECT_EQ(again.number, 1);
    EXPECT_EQ(again.ends_at, first.ends_at);
    EXPECT_TRUE(again.made.empty());
  }
  EXPECT_EQ(open_secrets(kStart), 1u);
  EXPECT_EQ(issue("b", kStart + 10min, kStart).value().made.size(), 1u);
  EXPECT_EQ(open_secrets(kStart), 2u);
  EXPECT_EQ(open_secrets(kStart + 10min), 0u);
}

TEST_F(FederationTokensTest, ALongSubjectTokenGivesTheNextWhenHalfIsOver) {
  const auto expires_at = kStart + 24h;
  EXPECT_EQ(issue("a", expires_at, kStart).value().ends_at, kStart + 1h);
  EXPECT_EQ(issue("a", expires_at, kStart + 29min).value().number, 1);
  const auto next = issue("a", expires_at, kStart + 30min).value();
  EXPECT_EQ(next.number, 2);
  EXPECT_EQ(next.ends_at, kStart + 90min);
  EXPECT_EQ(open_secrets(kStart + 30min), 2u);
  const auto last = issue("a", expires_at, kStart + 23h + 30min).value();
  EXPECT_EQ(last.ends_at, expires_at);
  EXPECT_EQ(issue("a", expires_at, expires_at - 1s).value().number, last.number);
}

TEST_F(FederationTokensTest, WhatAPersonEndedIsNotHadAgain) {
  ASSERT_TRUE(issue("a", kStart + 10min, kStart));
  const auto secrets = list_former_secrets(database(), rule_.key_id).value();
  ASSERT_EQ(secrets.size(), 1u);
  ASSERT_TRUE(end_former_secret(database(), rule_.key_id, secrets.front().id, {}, kStart + 1min));
  EXPECT_EQ(code_of(issue("a", kStart + 10min, kStart + 2min)), Code::kForbidden);
  EXPECT_TRUE(issue("b", kStart + 10min, kStart + 2min));
}

TEST_F(FederationTokensTest, OneOfManyThatIsEndedIsToldToTheTable) {
  for (int i = 0; i < 40; ++i) {
    ASSERT_TRUE(issue(std::string(1, static_cast<char>('0' + i)), kStart + 10min + i * 1s, kStart));
  }
  const auto secrets = list_former_secrets(database(), rule_.key_id).value();
  const auto ended =
      end_former_secret(database(), rule_.key_id, secrets.back().id, {}, kStart + 1min).value();
  EXPECT_EQ(ended.record.secrets.back().ends_unix_ms, to_unix_ms(kStart + 1min));
}

TEST_F(FederationTokensTest, AChangedRuleOrProviderEndsWhatItGave) {
  const auto before = issue("a", kStart + 10min, kStart).value();
  auto rule = present(rule_);
  rule.matchers = {{"sub", "you"}};
  const auto changed = update_federation_rule(database(), rule, {}, kStart + 1s).value();
  ASSERT_EQ(changed.ended.size(), 1u);
  ASSERT_EQ(changed.ended.front().secrets.size(), 2u);
  EXPECT_EQ(changed.ended.front().secrets.back().digest, before.made.front().secrets.back().digest);
  EXPECT_EQ(changed.ended.front().secrets.back().ends_unix_ms, to_unix_ms(kStart + 1s));
  EXPECT_EQ(open_secrets(kStart + 2s), 0u);
  EXPECT_GT(present(rule_).generation, rule.generation) << "the next is another secret";

  ASSERT_EQ(issue("a", kStart + 10min, kStart + 2s).value().made.size(), 1u);
  auto provider = find_workload_provider(database(), provider_.id).value();
  provider.audience = "others";
  EXPECT_EQ(update_workload_provider(database(), provider, {}, kStart + 3s).value().ended.size(),
            1u);
  EXPECT_EQ(open_secrets(kStart + 4s), 0u);
}

TEST_F(FederationTokensTest, ANameEndsNothingAndTheSameChangesNothing) {
  ASSERT_TRUE(issue("a", kStart + 10min, kStart));
  auto rule = present(rule_);
  rule.name = "another";
  EXPECT_TRUE(update_federation_rule(database(), rule, {}, kStart + 1s).value().ended.empty());
  const auto entries = count("SELECT count(*) FROM audit_log");
  const auto same = update_federation_rule(database(), present(rule_), {}, kStart + 2s).value();
  EXPECT_EQ(same.rule.updated_at, kStart + 1s);
  EXPECT_EQ(count("SELECT count(*) FROM audit_log"), entries);
  EXPECT_EQ(open_secrets(kStart + 2s), 1u);
}

TEST_F(FederationTokensTest, NothingIsGivenByWhatIsClosed) {
  auto rule = present(rule_);
  rule.enabled = false;
  ASSERT_TRUE(update_federation_rule(database(), rule, {}, kStart));
  EXPECT_EQ(code_of(issue("a", kStart + 10min, kStart)), Code::kConflict);
  rule = present(rule_);
  rule.enabled = true;
  ASSERT_TRUE(update_federation_rule(database(), rule, {}, kStart));
  ASSERT_TRUE(issue("a", kStart + 10min, kStart));
  ASSERT_TRUE(update_key(database(), rule_.key_id, {.paused = true}, {}, kStart));
  EXPECT_EQ(code_of(issue("a", kStart + 10min, kStart)), Code::kForbidden);
  ASSERT_TRUE(update_key(database(), rule_.key_id, {.paused = false}, {}, kStart));
  ASSERT_TRUE(revoke_key(database(), rule_.key_id, "leaked", {}, kStart));
  EXPECT_EQ(code_of(issue("a", kStart + 10min, kStart)), Code::kForbidden);
}

TEST_F(FederationTokensTest, WhatIsOverIsForgotten) {
  ASSERT_TRUE(issue("a", kStart + 10min, kStart));
  ASSERT_TRUE(issue("b", kStart + 26h, kStart + 25h));
  EXPECT_EQ(count("SELECT count(*) FROM former_secrets"), 1);
  EXPECT_EQ(count("SELECT count(*) FROM federation_exchanges"), 1);
}

TEST_F(FederationTokensTest, ADeletedAccountTakesItsRulesWithIt) {
  ASSERT_TRUE(delete_service_account(database(), rule_.service_account_id, {}, kStart));
  EXPECT_TRUE(list_federation_rules(database(), provider_.id)->empty());
  EXPECT_EQ(code_of(find_federation_rule(database(), provider_.id, rule_.id)), Code::kNotFound);
  EXPECT_TRUE(delete_workload_provider(database(), provider_.id, {}, kStart));
}

TEST_F(FederationTokensTest, DeletingEndsTheKeysAndLeavesNothing) {
  const auto other = make_rule("other");
  ASSERT_TRUE(issue("a", kStart + 10min, kStart));
  EXPECT_EQ(delete_federation_rule(database(), other, {}, kStart).value(),
            std::vector{other.key_id});
  EXPECT_TRUE(is_key_of_rule(database(), rule_.key_id).value());
  EXPECT_EQ(delete_workload_provider(database(), provider_.id, {}, kStart).value(),
            std::vector{rule_.key_id});
  EXPECT_FALSE(is_key_of_rule(database(), rule_.key_id).value());
  for (const auto* table :
       {"workload_identity_providers", "federation_rules", "federation_exchanges"}) {
    EXPECT_EQ(count(std::string{"SELECT count(*) FROM "} + table), 0) << table;
  }
}

TEST_F(FederationTokensTest, FiftyAreEnough) {
  for (int i = 1; i < kFederationRulesMax; ++i) make_rule("rule " + std::to_string(i));
  EXPECT_EQ(code_of(check_room_for_rule(database(), provider_.id)), Code::kConflict);
}

}  // namespace
}  // namespace tg::identity
