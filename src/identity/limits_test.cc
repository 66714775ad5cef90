// SPDX-License-Identifier: Apache-2.0
#include "identity/limits.h"

#include "identity/keys.h"
#include "identity/test_instance.h"

namespace tg::identity {
namespace {

class SpendLimitsTest : public TestInstance {
 protected:
  Result<void> set(LimitScope scope, const std::string& id, std::optional<NanoUsd> amount) {
    return set_limit(database(), scope, id, amount, {}, kStart);
  }
};

TEST_F(SpendLimitsTest, EachScopeIsSetAndListed) {
  const auto owner = make_owner();
  const auto key =
      create_key(
          database(),
          {.name = "k", .project_id = owner.default_project_id, .user_id = owner.id, .digest = {}},
          {})
          .value();
  const std::pair<LimitScope, std::string> targets[] = {
      {LimitScope::kKey, key.info.id.text()},
      {LimitScope::kOrganization, owner.organization_id.text()},
      {LimitScope::kProject, owner.default_project_id.text()}};
  std::int64_t amount = 1;
  for (const auto& [scope, id] : targets) {
    ASSERT_TRUE(set(scope, id, NanoUsd{amount++}).has_value());
  }
  const auto limits = list_limits(database()).value();
  ASSERT_EQ(limits.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(limits[i].scope, targets[i].first);
    EXPECT_EQ(limits[i].id, targets[i].second);
    EXPECT_EQ(limits[i].amount, NanoUsd{static_cast<std::int64_t>(i) + 1});
  }
}

TEST_F(SpendLimitsTest, SetAgainReplacesAndNothingRemoves) {
  const auto id = make_owner().default_project_id.text();
  ASSERT_TRUE(set(LimitScope::kProject, id, NanoUsd{5}).has_value());
  ASSERT_TRUE(set(LimitScope::kProject, id, NanoUsd::max()).has_value());
  const auto limits = list_limits(database()).value();
  ASSERT_EQ(limits.size(), 1U);
  EXPECT_EQ(limits.front().amount, NanoUsd::max());
  ASSERT_TRUE(set(LimitScope::kProject, id, std::nullopt).has_value());
  EXPECT_TRUE(list_limits(database()).value().empty());
  EXPECT_TRUE(set(LimitScope::kProject, id, std::nullopt).has_value()) << "removing twice is fine";
}

TEST_F(SpendLimitsTest, ZeroIsALimitAndLessIsRefused) {
  const auto id = make_owner().default_project_id.text();
  EXPECT_TRUE(set(LimitScope::kProject, id, NanoUsd{0}).has_value());
  EXPECT_EQ(code_of(set(LimitScope::kProject, id, NanoUsd{-1})), Code::kFieldInvalid);
  ASSERT_EQ(list_limits(database()).value().size(), 1U);
  EXPECT_EQ(list_limits(database()).value().front().amount, NanoUsd{0});
}

TEST_F(SpendLimitsTest, TargetMustExistInItsScope) {
  const auto owner = make_owner();
  for (const auto scope : {LimitScope::kKey, LimitScope::kProject, LimitScope::kOrganization}) {
    EXPECT_EQ(code_of(set(scope, owner.id.text(), NanoUsd{1})), Code::kNotFound);
    EXPECT_EQ(code_of(set(scope, "", NanoUsd{1})), Code::kNotFound);
  }
  EXPECT_EQ(code_of(set(LimitScope::kKey, owner.default_project_id.text(), NanoUsd{1})),
            Code::kNotFound);
}

TEST_F(SpendLimitsTest, ChangesAreInTheAuditLog) {
  const auto owner = make_owner();
  ASSERT_TRUE(set(LimitScope::kProject, owner.default_project_id.text(), NanoUsd{5}).has_value());
  ASSERT_TRUE(set(LimitScope::kProject, owner.default_project_id.text(), std::nullopt).has_value());
  const auto records = list_audit(database()).value();
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[0].entry.action, "limit.removed");
  EXPECT_EQ(records[1].entry.action, "limit.set");
  EXPECT_EQ(records[1].entry.organization_id, owner.organization_id.text());
  EXPECT_EQ(records[1].entry.detail, R"({"scope":"project","period":"total","amount_nanousd":5})");
  EXPECT_EQ(verify_audit(database()).value(), 3);
}

TEST(LimitScopeTest, NamesAreReadBack) {
  for (const auto scope : {LimitScope::kKey, LimitScope::kProject, LimitScope::kOrganization}) {
    EXPECT_EQ(parse_limit_scope(name(scope)), scope);
  }
  EXPECT_FALSE(parse_limit_scope("user").has_value());
}

}  // namespace
}  // namespace tg::identity
