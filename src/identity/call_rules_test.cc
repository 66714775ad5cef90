// SPDX-License-Identifier: Apache-2.0
#include "identity/call_rules.h"

#include <gtest/gtest.h>
#include <soci/soci.h>

#include <nlohmann/json.hpp>

#include "identity/audit_query.h"
#include "identity/test_instance.h"

namespace tg::identity {
namespace {

using keys::CallRules;
using keys::DefaultTier;
using keys::HostedTool;
using keys::OptionalTier;
using keys::Retention;

class CallRulesTest : public TestInstance {
 protected:
  Result<CallRules> change(const ChangeCallRules& change) {
    return change_call_rules(database(), owner.default_project_id, owner.organization_id, change,
                             actor);
  }
  Result<CallRules> find() { return find_call_rules(database(), owner.default_project_id); }

  User owner = make_owner();
  Actor actor{.kind = ActorKind::kUser, .id = owner.id.text()};
};

TEST_F(CallRulesTest, AllowEverythingUntilSomethingIsSaid) {
  EXPECT_EQ(find().value(), CallRules{});
  EXPECT_EQ(find_retention(database(), owner.organization_id).value(),
            Retention::kModifiedAbuseMonitoring);
  EXPECT_TRUE(load_call_rules(database()).value().empty());
  EXPECT_TRUE(load_retentions(database()).value().empty());
}

TEST_F(CallRulesTest, EachSettingChangesAloneAndIsReadAgain) {
  ASSERT_TRUE(change([](CallRules& rules) { rules.denied_tools = 0b1001; }));
  ASSERT_TRUE(change([](CallRules& rules) {
    rules.enabled_tiers = static_cast<std::uint8_t>(OptionalTier::kFast);
    rules.default_tier = DefaultTier::kFast;
  }));
  ASSERT_TRUE(change([](CallRules& rules) { rules.retention = Retention::kZero; }));
  const auto rules = find().value();
  EXPECT_TRUE(rules.denies(HostedTool::kFileSearch) && rules.denies(HostedTool::kMcp));
  EXPECT_FALSE(rules.denies(HostedTool::kWebSearch) || rules.denies(HostedTool::kCodeInterpreter));
  EXPECT_TRUE(rules.enables(OptionalTier::kFast));
  EXPECT_FALSE(rules.enables(OptionalTier::kFlex));
  EXPECT_EQ(rules.default_tier, DefaultTier::kFast);
  EXPECT_EQ(rules.retention, Retention::kZero);
  const auto all = load_call_rules(database()).value();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all.front().rules, rules);
  EXPECT_EQ(all.front().organization_id, owner.organization_id);
}

TEST_F(CallRulesTest, ADefaultThatIsNotEnabledIsRefusedAndChangesNothing) {
  const auto refused = change([](CallRules& rules) {
    rules.enabled_tiers = 0;
    rules.default_tier = DefaultTier::kFast;
  });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kFieldInvalid);
  EXPECT_EQ(find().value(), CallRules{});
}

TEST_F(CallRulesTest, SayInTheAuditLogWhatTheyWereAndAre) {
  ASSERT_TRUE(change([](CallRules& rules) { rules.denied_tools = 0b1000; }));
  ASSERT_TRUE(change([](CallRules& rules) { rules.denied_tools = 0b1000; }));  // nothing changes
  ASSERT_TRUE(set_retention(database(), owner.organization_id, Retention::kEnhancedZero, actor));
  const auto entries = list_audit(database()).value();
  const auto detail = [&](std::size_t index) {
    return nlohmann::json::parse(entries.at(index).entry.detail);
  };
  EXPECT_EQ(entries.at(0).entry.action, "organization.updated");
  EXPECT_EQ(detail(0).at("before").at("data_retention"), "modified_abuse_monitoring");
  EXPECT_EQ(entries.at(1).entry.action, "project.updated");
  EXPECT_EQ(detail(1).at("changes_requested"), (nlohmann::json{{"denied_hosted_tools", "mcp"}}));
  EXPECT_NE(entries.at(2).entry.action, "project.updated");
}

TEST_F(CallRulesTest, WhatCannotBeReadIsNotTakenForNothing) {
  ASSERT_TRUE(change([](CallRules& rules) { rules.denied_tools = 0b1000; }));
  ASSERT_TRUE(set_retention(database(), owner.organization_id, Retention::kZero, actor));
  ASSERT_TRUE(database().write([](soci::session& session) -> Result<void> {
    session << "UPDATE project_call_rules SET denied_tools = 'mcp,telepathy'";
    session << "UPDATE organization_retention SET retention = 'some'";
    return {};
  }));
  EXPECT_EQ(find().error().code, Code::kCorrupt);
  EXPECT_EQ(load_call_rules(database()).error().code, Code::kCorrupt);
  EXPECT_EQ(load_retentions(database()).error().code, Code::kCorrupt);
}

}  // namespace
}  // namespace tg::identity
