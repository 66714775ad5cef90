// SPDX-License-Identifier: Apache-2.0
#include "identity/roles.h"

#include "identity/groups.h"
#include "identity/members.h"
#include "identity/pages.h"
#include "identity/project_groups.h"
#include "identity/role_assignments.h"
#include "identity/test_instance.h"

namespace tg::identity {
namespace {

class RolesTest : public TestInstance {
 protected:
  Role make_role(const RolePlace& place, const std::string& name) {
    auto made = create_role(database(), place,
                            {.name = name,
                             .description = std::nullopt,
                             .permissions = {"api.groups.read", "api.groups.write"},
                             .created_by = owner_.id},
                            {}, kStart);
    TG_CHECK(made.has_value());
    return *made;
  }
  std::vector<std::string> names_of(const std::vector<HeldRole>& roles) {
    std::vector<std::string> names;
    for (const auto& assigned : roles) names.push_back(assigned.role.name);
    return names;
  }

  User owner_ = make_owner();
  RolePlace here_{.organization_id = owner_.organization_id};
  RolePlace project_{.organization_id = owner_.organization_id,
                     .project_id = owner_.default_project_id};
};

using Names = std::vector<std::string>;

TEST_F(RolesTest, EachPlaceListsItsPredefinedRolesFirst) {
  make_role(here_, "a manager");
  const auto roles = list_roles(database(), here_).value();
  ASSERT_EQ(roles.size(), 3U);
  EXPECT_EQ(roles[0].name, "owner");
  EXPECT_EQ(roles[1].name, "reader");
  EXPECT_EQ(roles[2].permissions, (Names{"api.groups.read", "api.groups.write"}));
  const auto in_project = list_roles(database(), project_).value();
  ASSERT_EQ(in_project.size(), 2U);
  EXPECT_EQ(in_project[1].name, "member");
  EXPECT_EQ(code_of(find_role(database(), project_, roles[2].id)), Code::kNotFound);
  EXPECT_EQ(code_of(find_role(database(), project_, roles[0].id)), Code::kNotFound);
}

TEST_F(RolesTest, NamesAreUniqueInTheirPlace) {
  make_role(here_, "manager");
  make_role(project_, "manager");
  for (const auto* name : {"manager", "owner", "reader"}) {
    EXPECT_EQ(code_of(create_role(database(), here_, {.name = name}, {})), Code::kConflict) << name;
  }
  EXPECT_EQ(code_of(create_role(database(), here_, {.name = ""}, {})), Code::kFieldInvalid);
  EXPECT_EQ(code_of(create_role(database(), here_,
                                {.name = "x", .description = std::string(1025, 'x')}, {})),
            Code::kFieldInvalid);
}

TEST_F(RolesTest, PredefinedRolesAreNeitherChangedNorDeleted) {
  const auto owner = *predefined_role(here_, "owner");
  EXPECT_EQ(code_of(update_role(database(), here_, owner.id, {.name = "boss"}, {})),
            Code::kConflict);
  EXPECT_EQ(code_of(delete_role(database(), here_, owner.id, {})), Code::kConflict);
}

TEST_F(RolesTest, AnUpdateThatChangesNothingLeavesNoTrace) {
  const auto role = make_role(here_, "manager");
  const auto before = count("SELECT count(*) FROM audit_log");
  const auto same = update_role(database(), here_, role.id,
                                {.name = "manager", .permissions = role.permissions}, {});
  EXPECT_EQ(same.value().updated_at, role.updated_at);
  EXPECT_EQ(count("SELECT count(*) FROM audit_log"), before);
  const auto changed =
      update_role(database(), here_, role.id, {.description = "of groups"}, {}).value();
  EXPECT_EQ(find_role(database(), here_, role.id).value().description, "of groups");
  EXPECT_EQ(changed.permissions, role.permissions);
}

TEST_F(RolesTest, RolesComeByMembershipDirectlyAndThroughGroups) {
  const auto grace = add_member(database(), here_.organization_id,
                                {.email = "grace@example.org", .password_hash = "x"}, {})
                         .value();
  const auto group = create_group(database(), here_.organization_id, "support", {}).value();
  ASSERT_TRUE(add_group_member(database(), group, grace.id, {}));
  const auto direct = make_role(here_, "direct");
  const auto inherited = make_role(here_, "inherited");
  ASSERT_TRUE(assign_role(database(), here_, grace.id.text(), direct, {}, kStart));
  ASSERT_TRUE(assign_role(database(), here_, group.id.text(), inherited, {},
                          kStart + std::chrono::seconds{1}));
  EXPECT_EQ(code_of(assign_role(database(), here_, grace.id.text(), direct, {})), Code::kConflict);

  const auto roles = roles_of_user(database(), here_, grace.id).value();
  EXPECT_EQ(names_of(roles), (Names{"reader", "direct", "inherited"}));
  EXPECT_FALSE(roles[2].is_direct);
  EXPECT_EQ(find_user_role(database(), here_, grace.id, inherited.id).value().through,
            std::vector<GroupId>{group.id});
  EXPECT_EQ(names_of(roles_of_user(database(), project_, grace.id).value()), Names{"member"});

  ASSERT_TRUE(delete_role(database(), here_, direct.id, {}));
  ASSERT_TRUE(unassign_role(database(), here_, group.id.text(), inherited.id, {}));
  EXPECT_EQ(names_of(roles_of_user(database(), here_, grace.id).value()), Names{"reader"});
}

TEST_F(RolesTest, PagesOfThemJoinToTheSameOrder) {
  const auto group = create_group(database(), here_.organization_id, "support", {}).value();
  ASSERT_TRUE(add_group_member(database(), group, owner_.id, {}));
  Names wanted{"owner"};
  for (int i = 0; i < 9; ++i) {
    const auto role = make_role(here_, "role " + std::to_string(i));
    // Of all three kinds: one's own, a group's, and both; the first time counts.
    const auto at = kStart + std::chrono::seconds{10 + i};
    if (i % 3 != 1) {
      ASSERT_TRUE(assign_role(database(), here_, owner_.id.text(), role, {}, at));
    }
    if (i % 3 != 0) {
      ASSERT_TRUE(assign_role(database(), here_, group.id.text(), role, {},
                              at + std::chrono::seconds{100 * (i % 3 - 1)}));
    }
    wanted.push_back(role.name);
  }
  for (const std::size_t limit : {1, 3, 9, 10, 11}) {
    Names seen;
    PageQuery page{.limit = limit};
    for (bool more = true; more;) {
      const auto found = page_of_user_roles(database(), here_, owner_.id, page).value();
      for (const auto& each : found.items) seen.push_back(each.role.name);
      more = found.has_more;
      page.after = found.items.back().role.id.text();
    }
    EXPECT_EQ(seen, wanted) << limit;
  }
  const auto newest = page_of_user_roles(database(), here_, owner_.id,
                                         {.limit = 2, .after = {}, .newest_first = true})
                          .value();
  ASSERT_EQ(newest.items.size(), 2U);
  EXPECT_TRUE(newest.has_more);
  EXPECT_EQ(newest.items[0].role.name, "role 8");
  EXPECT_TRUE(newest.items[0].is_direct);
  EXPECT_EQ(newest.items[0].through, std::vector<GroupId>{group.id});
  EXPECT_EQ(newest.items[0].maker.value().email, owner_.email);
  EXPECT_FALSE(newest.items[1].is_direct);
  EXPECT_EQ(code_of(page_of_user_roles(database(), here_, owner_.id, {.after = "role_none"})),
            Code::kNotFound);
  EXPECT_EQ(page_of_group_roles(database(), here_, group.id, {}).value().items.size(), 6U);
}

TEST_F(RolesTest, AProjectOfAnotherOrganizationGivesNothing) {
  const RolePlace mixed{.organization_id = OrganizationId{"org-other"},
                        .project_id = project_.project_id};
  EXPECT_TRUE(roles_of_user(database(), mixed, owner_.id).value().empty());
  EXPECT_EQ(names_of(roles_of_user(database(), project_, owner_.id).value()), Names{"owner"});
}

TEST_F(RolesTest, AGroupsRolesInAProjectGoWithItsPlaceThere) {
  const auto group = create_group(database(), here_.organization_id, "support", {}).value();
  const auto project = find_project(database(), project_.project_id).value();
  ASSERT_TRUE(
      add_project_group(database(), project, group, *predefined_role(project_, "owner"), {}));
  EXPECT_EQ(names_of(roles_of_group(database(), project_, group.id).value()), Names{"owner"});
  EXPECT_EQ(places_of_group(database(), group.id).value().size(), 1U);
  ASSERT_TRUE(remove_project_group(database(), project, group.id, {}));
  EXPECT_TRUE(roles_of_group(database(), project_, group.id).value().empty());
}

TEST_F(RolesTest, GroupNamesAreUniqueAndPlain) {
  const auto group = create_group(database(), here_.organization_id, "support", {}).value();
  EXPECT_EQ(code_of(create_group(database(), here_.organization_id, "support", {})),
            Code::kConflict);
  EXPECT_EQ(code_of(create_group(database(), here_.organization_id, "a\nb", {})),
            Code::kFieldInvalid);
  EXPECT_EQ(rename_group(database(), group.id, "help", {}).value().name, "help");
  EXPECT_EQ(code_of(find_group(database(), GroupId{"group_unknown"})), Code::kNotFound);
}

}  // namespace
}  // namespace tg::identity
