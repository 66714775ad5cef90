// SPDX-License-Identifier: Apache-2.0
#include "identity/limits.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "identity/keys.h"
#include "identity/limit_pages.h"
#include "identity/test_instance.h"

namespace tg::identity {
namespace {

using limits::Metric;
using limits::Period;
using limits::Window;

constexpr LimitScope kScopes[] = {LimitScope::kKey, LimitScope::kOrganization, LimitScope::kProject,
                                  LimitScope::kServiceAccount, LimitScope::kUser};

class LimitsTest : public TestInstance {
 protected:
  LimitsTest() : owner_{make_owner()} {
    const auto key = create_key(database(),
                                {.kind = keys::KeyKind::kServiceAccount,
                                 .name = "nightly",
                                 .project_id = owner_.default_project_id,
                                 .digest = {}},
                                {}, kStart)
                         .value();
    key_id_ = key.info.id.text();
    service_account_id_ = key.info.owner_id;
  }

  [[nodiscard]] std::string target_of(LimitScope scope) const {
    switch (scope) {
      case LimitScope::kKey: return key_id_;
      case LimitScope::kUser: return owner_.id.text();
      case LimitScope::kServiceAccount: return service_account_id_;
      case LimitScope::kProject: return project();
      case LimitScope::kOrganization: return owner_.organization_id.text();
    }
    return {};
  }
  [[nodiscard]] const std::string& project() const { return owner_.default_project_id.text(); }

  Result<LimitChange> set(LimitScope scope, const std::string& id, limits::Rule rule,
                          const std::string& organization_id = {}) {
    return set_limit(database(),
                     {.scope = scope,
                      .target_id = id,
                      .organization_id = organization_id,
                      .rule = std::move(rule)},
                     {}, kStart);
  }
  Result<LimitChange> set_on_project(limits::Rule rule) {
    return set(LimitScope::kProject, project(), std::move(rule));
  }
  std::vector<LimitRecord> all() { return list_limits(database()).value(); }

  // Another organization, whose only member is no member of the owner's.
  void make_stranger() {
    run_sql("INSERT INTO organizations (id, name, created_unix_ms) VALUES ('org-else', 'Else', 1)");
    run_sql(
        "INSERT INTO users (id, email, email_folded, name, password_hash, created_unix_ms)"
        " VALUES ('user-else', 'b@example.org', 'b@example.org', 'Bob', '', 1)");
    run_sql("INSERT INTO memberships VALUES ('org-else', 'user-else', 'owner', 1)");
  }

  const User owner_;
  std::string key_id_;
  std::string service_account_id_;
};

TEST_F(LimitsTest, EachScopeIsSetAndListedWithItsOrganization) {
  for (const auto scope : kScopes) {
    const auto change = set(scope, target_of(scope), {.amount = 7}).value();
    EXPECT_TRUE(change.added);
    EXPECT_TRUE(change.record.rule.id.starts_with("limit_"));
  }
  const auto limits = all();
  ASSERT_EQ(limits.size(), std::size(kScopes));
  for (std::size_t i = 0; i < limits.size(); ++i) {
    EXPECT_EQ(limits[i].scope, kScopes[i]);
    EXPECT_EQ(limits[i].target_id, target_of(kScopes[i]));
    EXPECT_EQ(limits[i].organization_id, owner_.organization_id.text());
  }
}

TEST_F(LimitsTest, PagesJoinToTheWholeList) {
  for (const auto scope : kScopes) {
    for (const auto metric : {Metric::kMoney, Metric::kTokens, Metric::kRequests}) {
      ASSERT_TRUE(set(scope, target_of(scope), {.metric = metric, .amount = 7}));
    }
  }
  const auto whole = all();
  const auto& organization = owner_.organization_id.text();
  for (const std::size_t limit : {1, 4, 15, 100}) {
    std::vector<std::string> ids;
    for (PageQuery page{.limit = limit};;) {
      const auto found =
          page_of_limits(database(), {.organization_id = organization}, page).value();
      for (const auto& record : found.items) ids.push_back(record.rule.id);
      if (!found.has_more) break;
      page.after = ids.back();
    }
    ASSERT_EQ(ids.size(), whole.size());
    for (std::size_t i = 0; i < ids.size(); ++i) EXPECT_EQ(ids[i], whole[i].rule.id);
  }
  const auto of_users =
      page_of_limits(database(), {.scope = LimitScope::kUser, .target_id = owner_.id.text()}, {});
  EXPECT_EQ(of_users->items.size(), 3U);
  EXPECT_EQ(code_of(page_of_limits(database(), {.organization_id = "org-else"},
                                   {.after = whole.front().rule.id})),
            Code::kNotFound);
}

TEST_F(LimitsTest, SomebodySeesWhatTheirOwnCallsCountOn) {
  for (const auto scope : kScopes) ASSERT_TRUE(set(scope, target_of(scope), {.amount = 7}));
  const auto seen_by = [&](const UserId& user_id) {
    std::vector<LimitScope> scopes;
    for (const auto& record :
         page_of_limits(database(),
                        {.organization_id = owner_.organization_id.text(), .seen_by = user_id}, {})
             ->items) {
      scopes.push_back(record.scope);
    }
    return scopes;
  };
  const UserId guest{"user-guest"};
  run_sql(
      "INSERT INTO users (id, email, email_folded, name, password_hash, created_unix_ms)"
      " VALUES ('user-guest', 'g@example.org', 'g@example.org', 'Guest', '', 1)");
  EXPECT_EQ(seen_by(guest), (std::vector{LimitScope::kOrganization}));
  run_sql("INSERT INTO user_groups VALUES ('group-g', '" + owner_.organization_id.text() +
          "', 'G', 1)");
  run_sql("INSERT INTO group_members VALUES ('group-g', 'user-guest', 1)");
  run_sql("INSERT INTO project_groups VALUES ('" + project() + "', 'group-g', 1)");
  EXPECT_EQ(seen_by(guest), (std::vector{LimitScope::kOrganization, LimitScope::kProject}));
  // A service account's key is nobody's own.
  EXPECT_EQ(seen_by(owner_.id),
            (std::vector{LimitScope::kOrganization, LimitScope::kProject, LimitScope::kUser}));
}

TEST_F(LimitsTest, EveryFieldIsReadBack) {
  const auto id = set_on_project({.metric = Metric::kTokens,
                                  .period = Period::kQuarter,
                                  .window = Window::kCalendar,
                                  .time_zone = "Europe/Berlin",
                                  .model = "gpt-5-mini",
                                  .amount = 1'000'000,
                                  .hard = false,
                                  .trusts_upstream = false})
                      ->record.rule.id;
  const auto rule = find_limit(database(), id).value().rule;
  EXPECT_EQ(rule.id, id);
  EXPECT_EQ(rule.metric, Metric::kTokens);
  EXPECT_EQ(rule.period, Period::kQuarter);
  EXPECT_EQ(rule.window, Window::kCalendar);
  EXPECT_EQ(rule.time_zone, "Europe/Berlin");
  EXPECT_EQ(rule.model, "gpt-5-mini");
  EXPECT_EQ(rule.amount, 1'000'000);
  EXPECT_FALSE(rule.hard);
  EXPECT_FALSE(rule.trusts_upstream);
}

TEST_F(LimitsTest, SetAgainChangesTheSameLimit) {
  const auto first = set_on_project({.amount = 5}).value();
  const auto again = set_on_project({.amount = 9, .hard = false}).value();
  EXPECT_FALSE(again.added);
  EXPECT_EQ(again.record.rule.id, first.record.rule.id);
  ASSERT_EQ(all().size(), 1U);
  EXPECT_EQ(all().front().rule.amount, 9);
  EXPECT_FALSE(all().front().rule.hard);
}

TEST_F(LimitsTest, WhatDiffersInKindIsAnotherLimit) {
  const limits::Rule rules[] = {{.amount = 1},
                                {.metric = Metric::kRequests, .amount = 1},
                                {.period = Period::kDay, .amount = 1},
                                {.period = Period::kDay, .window = Window::kRolling, .amount = 1},
                                {.period = Period::kDay, .time_zone = "Europe/Berlin", .amount = 1},
                                {.model = "gpt-5-mini", .amount = 1}};
  for (const auto& rule : rules) EXPECT_TRUE(set_on_project(rule)->added);
  EXPECT_EQ(all().size(), std::size(rules));
}

TEST_F(LimitsTest, RemovedLimitIsGoneAndToldOnce) {
  const auto id = set_on_project({.amount = 5})->record.rule.id;
  const auto removed = remove_limit(database(), id, {}, kStart).value();
  EXPECT_EQ(removed.target_id, project());
  EXPECT_EQ(removed.rule.amount, 5);
  EXPECT_TRUE(all().empty());
  EXPECT_EQ(code_of(remove_limit(database(), id, {}, kStart)), Code::kNotFound);
  EXPECT_EQ(code_of(find_limit(database(), id)), Code::kNotFound);
  EXPECT_NE(set_on_project({.amount = 5})->record.rule.id, id) << "ids are never used twice";
}

TEST_F(LimitsTest, ZeroIsALimitAndLessIsRefused) {
  EXPECT_TRUE(set_on_project({.amount = 0}).has_value());
  EXPECT_EQ(code_of(set_on_project({.amount = -1})), Code::kFieldInvalid);
  ASSERT_EQ(all().size(), 1U);
  EXPECT_EQ(all().front().rule.amount, 0);
}

TEST_F(LimitsTest, RulesThatMakeNoSenseAreRefused) {
  EXPECT_EQ(code_of(set_on_project({.time_zone = "Mars/Olympus", .amount = 1})),
            Code::kFieldInvalid);
  EXPECT_EQ(code_of(set_on_project(
                {.metric = Metric::kConcurrency, .period = Period::kDay, .amount = 1})),
            Code::kFieldInvalid);
  EXPECT_EQ(code_of(set_on_project({.window = Window::kRolling, .amount = 1})),
            Code::kFieldInvalid);
  EXPECT_EQ(code_of(set_on_project({.model = "a\nb", .amount = 1})), Code::kFieldInvalid);
  for (const auto scope : kScopes) {
    if (scope == LimitScope::kProject) continue;
    EXPECT_EQ(code_of(set(scope, target_of(scope), {.model = "gpt-5-mini", .amount = 1})),
              Code::kFieldInvalid);
  }
  EXPECT_TRUE(all().empty());
}

TEST_F(LimitsTest, TargetMustExistInItsScope) {
  for (const auto scope : kScopes) {
    for (const auto other : kScopes) {
      if (other == scope) continue;
      EXPECT_EQ(code_of(set(scope, target_of(other), {.amount = 1})), Code::kNotFound);
    }
    EXPECT_EQ(code_of(set(scope, "", {.amount = 1})), Code::kNotFound);
  }
}

TEST_F(LimitsTest, TargetMustBelongToTheOrganizationThatIsNamed) {
  make_stranger();
  for (const auto scope : kScopes) {
    EXPECT_EQ(code_of(set(scope, target_of(scope), {.amount = 1}, "org-else")), Code::kNotFound);
    EXPECT_TRUE(set(scope, target_of(scope), {.amount = 1}, owner_.organization_id.text()));
  }
  EXPECT_EQ(
      code_of(set(LimitScope::kUser, "user-else", {.amount = 1}, owner_.organization_id.text())),
      Code::kNotFound);
}

TEST_F(LimitsTest, UserOfTwoOrganizationsIsLimitedByOne) {
  make_stranger();
  run_sql("INSERT INTO memberships VALUES ('" + owner_.organization_id.text() +
          "', 'user-else', 'reader', 2)");
  const auto own = owner_.organization_id.text();
  EXPECT_EQ(set(LimitScope::kUser, "user-else", {.amount = 1}, own)->record.organization_id, own);
  EXPECT_EQ(code_of(set(LimitScope::kUser, "user-else", {.amount = 2}, "org-else")),
            Code::kConflict);
  EXPECT_EQ(find_limit_target(database(), LimitScope::kUser, "user-else")->organization_id,
            "org-else")
      << "the one joined first";
}

TEST_F(LimitsTest, SeventeenthLimitOfATargetIsRefused) {
  for (std::size_t i = 0; i < kLimitsMax; ++i) {
    ASSERT_TRUE(set_on_project({.model = "model-" + std::to_string(i), .amount = 1}));
  }
  EXPECT_EQ(code_of(set_on_project({.amount = 1})), Code::kFieldInvalid);
  EXPECT_FALSE(set_on_project({.model = "model-3", .amount = 2})->added)
      << "those that are there can be changed";
  EXPECT_TRUE(set(LimitScope::kKey, key_id_, {.amount = 1})) << "another target has its own 16";
}

TEST_F(LimitsTest, OfManySetAtOnceSixteenAreKept) {
  std::atomic<int> added{0};
  in_parallel(4, [&](int thread) {
    for (int i = 0; i < 6; ++i) {
      const auto model = "model-" + std::to_string(thread) + "-" + std::to_string(i);
      if (set_on_project({.model = model, .amount = 1})) ++added;
    }
  });
  EXPECT_EQ(added, 16);
  EXPECT_EQ(all().size(), kLimitsMax);
}

TEST_F(LimitsTest, NamesOfTargetsAreFound) {
  const std::pair<LimitScope, std::string> names[] = {
      {LimitScope::kKey, "nightly"},
      {LimitScope::kServiceAccount, "nightly"},
      {LimitScope::kUser, owner_.name},
      {LimitScope::kProject, "Default project"},
      {LimitScope::kOrganization, owner_.organization_name}};
  for (const auto& [scope, expected] : names) {
    EXPECT_EQ(find_limit_target(database(), scope, target_of(scope))->name, expected);
  }
}

TEST_F(LimitsTest, ChangesAreInTheAuditLogWithAllFields) {
  const Actor actor{.kind = ActorKind::kUser, .id = owner_.id.text()};
  const LimitRecord wanted{.scope = LimitScope::kProject,
                           .target_id = project(),
                           .organization_id = {},
                           .rule = {.period = Period::kMonth, .amount = 5}};
  auto raised = wanted;
  raised.rule.amount = 6;
  const auto id = set_limit(database(), wanted, actor, kStart)->record.rule.id;
  ASSERT_TRUE(set_limit(database(), raised, actor, kStart));
  ASSERT_TRUE(remove_limit(database(), id, actor, kStart));

  const auto records = list_audit(database()).value();
  ASSERT_GE(records.size(), 3U);
  const char* actions[] = {"tollgate.limit.removed", "tollgate.limit.set", "tollgate.limit.set"};
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(records[i].entry.action, actions[i]);
    EXPECT_EQ(records[i].entry.target, project());
    EXPECT_EQ(records[i].entry.organization_id, owner_.organization_id.text());
    EXPECT_EQ(records[i].actor.id, owner_.id.text());
  }
  const auto fields = R"({"limit_id":")" + id +
                      R"(","scope":"project","metric":"money","period":"month",)"
                      R"("window":"calendar","time_zone":"UTC","model":"",)";
  const std::string five = R"("amount":5,"hard":true,"trusts_upstream":true})";
  const std::string six = R"("amount":6,"hard":true,"trusts_upstream":true})";
  EXPECT_EQ(records[2].entry.detail, R"({"data":)" + fields + five + "}");
  EXPECT_EQ(records[1].entry.detail, R"({"data":)" + fields + six + R"(,"changes_requested":{)" +
                                         six + R"(,"before":{)" + five + "}");
  EXPECT_EQ(records[0].entry.detail, R"({"before":)" + fields + six + "}");
  EXPECT_TRUE(verify_audit(database()).has_value());
}

TEST(LimitScopeTest, NamesAreReadBack) {
  for (const auto scope : kScopes) EXPECT_EQ(parse_limit_scope(name(scope)), scope);
  EXPECT_FALSE(parse_limit_scope("model").has_value());
  EXPECT_FALSE(parse_limit_scope("").has_value());
}

}  // namespace
}  // namespace tg::identity
