// SPDX-License-Identifier: Apache-2.0
#include "identity/members.h"

#include "identity/departure.h"
#include "identity/pages.h"
#include "identity/role_assignments.h"
#include "identity/sessions.h"
#include "identity/test_instance.h"

namespace tg::identity {
namespace {

class MembersTest : public TestInstance {
 protected:
  Member add(const std::string& email, std::string_view role = kReaderRole) {
    auto added = add_member(database(), organization_,
                            {.email = email, .role = std::string{role}, .password_hash = "a hash"},
                            {}, later());
    TG_CHECK(added.has_value());
    return *added;
  }

  KeyId make_key(const UserId& user, const ProjectId& project,
                 keys::KeyKind kind = keys::KeyKind::kProject) {
    const auto made = create_key(database(),
                                 {.kind = kind,
                                  .name = "a key",
                                  .organization_id = organization_,
                                  .project_id = project,
                                  .user_id = user},
                                 {}, later());
    TG_CHECK(made.has_value());
    return made->info.id;
  }
  bool is_revoked(const KeyId& id) {
    return find_key(database(), id).value().revoked_at.has_value();
  }

  // Each call is a second after the one before, so that lists by age have one order.
  WallTime later() { return kStart + std::chrono::seconds{++seconds_}; }

  int seconds_ = 0;
  User owner_ = make_owner();
  OrganizationId organization_ = owner_.organization_id;
  ProjectId project_ = owner_.default_project_id;
};

TEST_F(MembersTest, NewMemberWorksInTheDefaultProjectUnlessOtherProjectsAreNamed) {
  const auto grace = add("grace@example.org");
  EXPECT_EQ(grace.name, "grace");
  EXPECT_EQ(grace.role, "reader");
  EXPECT_EQ(find_project_member(database(), project_, grace.id).value().role, "member");

  const auto nowhere = add_member(database(), organization_,
                                  {.email = "hopper@example.org",
                                   .password_hash = "a hash",
                                   .projects = {std::vector<ProjectRole>{}}},
                                  {}, kStart);
  EXPECT_EQ(code_of(find_project_member(database(), project_, nowhere.value().id)),
            Code::kNotFound);
  EXPECT_EQ(page_of_members(database(), organization_, {})->items.size(), 3U);
}

TEST_F(MembersTest, SomebodyKnownKeepsTheirAccountAndIsAddedOnce) {
  const auto grace = add("grace@example.org");
  EXPECT_EQ(code_of(add_member(database(), organization_, {.email = "GRACE@example.org."}, {})),
            Code::kConflict);
  run_sql("INSERT INTO organizations (id, name, created_unix_ms) VALUES ('org-b', 'B', 1)");
  const OrganizationId other{"org-b"};
  const auto there = add_member(database(), other, {.email = "Grace@Example.org"}, {}).value();
  EXPECT_EQ(there.id, grace.id);
  EXPECT_EQ(code_of(find_member(database(), other, owner_.id)), Code::kNotFound);
}

TEST_F(MembersTest, BadMembersAreRefused) {
  const auto refused = [&](const NewMember& member) {
    return code_of(add_member(database(), organization_, member, {}));
  };
  EXPECT_EQ(refused({.email = "no address", .password_hash = "x"}), Code::kFieldInvalid);
  EXPECT_EQ(refused({.email = "a@b.org", .name = "a, b", .password_hash = "x"}),
            Code::kFieldInvalid);
  EXPECT_EQ(refused({.email = "a@b.org", .role = "member", .password_hash = "x"}),
            Code::kFieldInvalid);
  EXPECT_EQ(refused({.email = "a@b.org"}), Code::kFieldInvalid);
  EXPECT_EQ(count("SELECT count(*) FROM users"), 1);
}

TEST_F(MembersTest, TheLastOwnerIsNeitherDemotedNorRemoved) {
  EXPECT_EQ(code_of(set_member_role(database(), organization_, owner_.id, "reader", {})),
            Code::kConflict);
  EXPECT_EQ(code_of(remove_member(database(), organization_, owner_.id, {}, {})), Code::kConflict);
  const auto grace = add("grace@example.org", kOwnerRole);
  EXPECT_EQ(set_member_role(database(), organization_, owner_.id, "reader", {}).value().role,
            "reader");
  EXPECT_EQ(code_of(set_member_role(database(), organization_, grace.id, "reader", {})),
            Code::kConflict);
}

TEST_F(MembersTest, TheOnlyOperatorKeepsAnOrganization) {
  add("grace@example.org", kOwnerRole);
  EXPECT_EQ(code_of(remove_member(database(), organization_, owner_.id, {}, {})), Code::kConflict);
  EXPECT_FALSE(preview_departure(database(), organization_, owner_.id).value().obstacle.empty());
}

TEST_F(MembersTest, LeavingEndsOwnKeysAndSessionsAndHandsServiceAccountsOver) {
  const auto grace = add("grace@example.org");
  const auto own = make_key(grace.id, project_);
  const auto admin = make_key(grace.id, {}, keys::KeyKind::kAdmin);
  const auto robot = make_key(grace.id, project_, keys::KeyKind::kServiceAccount);
  const auto of_owner = make_key(owner_.id, project_);
  const auto group = create_group(database(), organization_, "support", {}).value();
  ASSERT_TRUE(add_group_member(database(), group, grace.id, {}));
  const auto token = create_session(database(), {.user_id = grace.id}, {}, later()).value();

  const auto preview = preview_departure(database(), organization_, grace.id).value();
  EXPECT_EQ(preview.keys.size(), 2U);
  ASSERT_EQ(preview.service_accounts.size(), 1U);
  EXPECT_EQ(preview.projects.size(), 1U);
  EXPECT_EQ(preview.groups.size(), 1U);
  EXPECT_EQ(preview.obstacle, "");
  EXPECT_FALSE(is_revoked(own));

  const auto departed = remove_member(database(), organization_, grace.id, {}, {}).value();
  EXPECT_EQ(departed.revoked.size(), 2U);
  EXPECT_TRUE(is_revoked(own) && is_revoked(admin));
  EXPECT_FALSE(is_revoked(robot) || is_revoked(of_owner));
  EXPECT_EQ(find_service_account(database(), preview.service_accounts.front().id).value().owner_id,
            owner_.id);
  EXPECT_EQ(code_of(find_session(database(), token.reveal(), kStart)), Code::kSessionMissing);
  EXPECT_EQ(code_of(find_project_member(database(), project_, grace.id)), Code::kNotFound);
  EXPECT_TRUE(page_of_group_members(database(), group, {})->items.empty());
  EXPECT_EQ(count("SELECT count(*) FROM users WHERE email_folded = 'grace@example.org'"), 1);
  EXPECT_EQ(count("SELECT count(*) FROM audit_log WHERE action = 'api_key.deleted'"), 2);
  EXPECT_TRUE(verify_audit(database()));
}

TEST_F(MembersTest, LeavingOneOrganizationLeavesTheOther) {
  const auto grace = add("grace@example.org");
  run_sql("INSERT INTO organizations (id, name, created_unix_ms) VALUES ('org-b', 'B', 1)");
  run_sql(
      "INSERT INTO projects (id, organization_id, name, is_default, created_unix_ms)"
      " VALUES ('proj_b', 'org-b', 'B', 1, 1)");
  const OrganizationId other{"org-b"};
  ASSERT_TRUE(add_member(database(), other, {.email = "grace@example.org"}, {}));
  const auto there = make_key(grace.id, ProjectId{"proj_b"});
  const auto token = create_session(database(), {.user_id = grace.id}, {}, kStart).value();
  ASSERT_TRUE(remove_member(database(), organization_, grace.id, {}, {}));
  EXPECT_FALSE(is_revoked(there));
  EXPECT_TRUE(find_session(database(), token.reveal(), kStart));
  EXPECT_TRUE(find_project_member(database(), ProjectId{"proj_b"}, grace.id));
}

TEST_F(MembersTest, LeavingAProjectEndsTheKeysInItAlone) {
  const auto grace = add("grace@example.org");
  const auto other =
      create_project(database(), organization_, "other", grace.id, {}, later()).value();
  const auto here = make_key(grace.id, project_);
  const auto there = make_key(grace.id, other.id);
  EXPECT_EQ(remove_project_member(database(), project_, grace.id, {}).value(),
            std::vector<KeyId>{here});
  EXPECT_TRUE(is_revoked(here));
  EXPECT_FALSE(is_revoked(there));
  EXPECT_EQ(code_of(remove_project_member(database(), project_, grace.id, {})), Code::kNotFound);
}

TEST_F(MembersTest, AKeyEndsWhenTheLastWayToItsProjectDoes) {
  const auto grace = add("grace@example.org");
  const auto project = create_project(database(), organization_, "other", {}, {}, later()).value();
  const auto member_role =
      *predefined_role({.organization_id = organization_, .project_id = project.id}, "member");
  std::vector<Group> groups;
  for (const auto* name : {"one", "two"}) {
    groups.push_back(create_group(database(), organization_, name, {}).value());
    ASSERT_TRUE(add_group_member(database(), groups.back(), grace.id, {}));
    ASSERT_TRUE(add_project_group(database(), project, groups.back(), member_role, {}));
  }
  EXPECT_TRUE(reaches_project(database(), project.id, grace.id).value());
  const auto key = make_key(grace.id, project.id);
  const auto elsewhere = make_key(grace.id, project_);
  EXPECT_TRUE(remove_group_member(database(), groups[0], grace.id, {}).value().empty());
  EXPECT_FALSE(is_revoked(key));
  EXPECT_EQ(delete_group(database(), groups[1].id, {}).value(), std::vector<KeyId>{key});
  EXPECT_TRUE(is_revoked(key));
  EXPECT_FALSE(is_revoked(elsewhere));
  EXPECT_FALSE(reaches_project(database(), project.id, grace.id).value());
}

TEST_F(MembersTest, OfTwoWhoDemoteEachOtherOneStaysOwner) {
  const auto grace = add("grace@example.org", kOwnerRole);
  in_parallel(2, [&](int i) {
    (void)set_member_role(database(), organization_, i == 0 ? owner_.id : grace.id, "reader", {});
  });
  EXPECT_EQ(count("SELECT count(*) FROM memberships WHERE role = 'owner'"), 1);
}

}  // namespace
}  // namespace tg::identity
