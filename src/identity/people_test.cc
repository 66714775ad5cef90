// SPDX-License-Identifier: Apache-2.0
#include "identity/people.h"

#include <atomic>

#include "identity/pages.h"
#include "identity/test_instance.h"

namespace tg::identity {
namespace {

class PeopleTest : public TestInstance {};

TEST_F(PeopleTest, NewInstanceHasNoOwner) {
  EXPECT_FALSE(has_owner(database()).value());
  EXPECT_EQ(code_of(find_owner(database())), Code::kNotFound);
}

TEST_F(PeopleTest, OwnerHasOrganizationAndDefaultProject) {
  const auto user = make_owner();
  EXPECT_EQ(user.email, "Ada@Example.org");
  EXPECT_EQ(user.name, "Ada");
  EXPECT_TRUE(user.is_operator);
  EXPECT_EQ(user.organization_name, "Ada's organization");
  EXPECT_EQ(user.organization_role, "owner");
  EXPECT_EQ(user.created_at, kStart);
  EXPECT_TRUE(user.id.text().starts_with("user-"));
  EXPECT_TRUE(user.organization_id.text().starts_with("org-"));
  EXPECT_TRUE(has_owner(database()).value());

  const auto project = default_project(database(), user.organization_id).value();
  EXPECT_EQ(project.id, user.default_project_id);
  EXPECT_TRUE(project.is_default);
  EXPECT_EQ(find_project(database(), project.id).value().organization_id, user.organization_id);
  EXPECT_EQ(page_of_projects(database(), user.organization_id, {}, true)->items.size(), 1U);
}

TEST_F(PeopleTest, OwnerIsFoundByEveryWay) {
  const auto user = make_owner();
  EXPECT_EQ(find_owner(database()).value().id, user.id);
  EXPECT_EQ(find_user(database(), user.id).value().email, user.email);
  EXPECT_EQ(find_user_by_email(database(), "ADA@example.ORG.").value().id, user.id);
  EXPECT_EQ(find_password_hash(database(), "ada@example.org").value(), "a hash");
}

TEST_F(PeopleTest, WhoDoesNotExistIsNotFound) {
  make_owner();
  EXPECT_EQ(code_of(find_user(database(), UserId{"user-none"})), Code::kNotFound);
  EXPECT_EQ(code_of(find_user_by_email(database(), "eve@example.org")), Code::kNotFound);
  EXPECT_EQ(code_of(find_user_by_email(database(), "no address")), Code::kNotFound);
  EXPECT_EQ(find_password_hash(database(), "eve@example.org").value(), "");
  EXPECT_EQ(find_password_hash(database(), "no address").value(), "");
  EXPECT_EQ(code_of(find_project(database(), ProjectId{"proj_none"})), Code::kNotFound);
  EXPECT_EQ(code_of(default_project(database(), OrganizationId{"org-none"})), Code::kNotFound);
}

TEST_F(PeopleTest, SecondOwnerIsRefusedAndLeavesNothing) {
  make_owner();
  const auto second =
      create_owner(database(), {.email = "eve@example.org", .password_hash = "x"}, {});
  EXPECT_EQ(code_of(second), Code::kConflict);
  EXPECT_EQ(count("SELECT count(*) FROM users"), 1);
  EXPECT_EQ(count("SELECT count(*) FROM organizations"), 1);
  EXPECT_EQ(count("SELECT count(*) FROM audit_log"), 1);
}

TEST_F(PeopleTest, OfParallelOwnersOneWins) {
  std::atomic<int> won = 0;
  in_parallel(8, [&](int i) {
    const auto email = "user" + std::to_string(i) + "@example.org";
    const auto user = create_owner(database(), {.email = email, .password_hash = "x"}, {});
    if (user) {
      ++won;
    } else {
      EXPECT_EQ(user.error().code, Code::kConflict);
    }
  });
  EXPECT_EQ(won, 1);
  EXPECT_EQ(count("SELECT count(*) FROM users"), 1);
}

TEST_F(PeopleTest, BadNamesAndAddressesAreRefused) {
  const auto refuses = [&](const NewOwner& owner) {
    return code_of(create_owner(database(), owner, {})) == Code::kFieldInvalid;
  };
  EXPECT_TRUE(refuses({.email = "no address", .password_hash = "x"}));
  EXPECT_TRUE(refuses({.email = "a@b.org", .name = "Ada <root>", .password_hash = "x"}));
  EXPECT_TRUE(refuses({.email = "a@b.org", .name = "line\nbreak", .password_hash = "x"}));
  EXPECT_TRUE(refuses({.email = "a@b.org", .name = "bad \xFF byte", .password_hash = "x"}));
  EXPECT_TRUE(refuses({.email = "a@b.org", .name = std::string(257, 'a'), .password_hash = "x"}));
  EXPECT_TRUE(refuses(
      {.email = "a@b.org", .organization_name = std::string(257, 'a'), .password_hash = "x"}));
  EXPECT_EQ(count("SELECT count(*) FROM users"), 0);
}

TEST_F(PeopleTest, LongestNameStillGivesAnOrganization) {
  const std::string longest(256, 'a');
  const auto user =
      create_owner(database(), {.email = "a@b.org", .name = longest, .password_hash = "x"}, {});
  ASSERT_TRUE(user.has_value());
  EXPECT_EQ(user->organization_name, longest);
}

TEST(DisplayNameTest, IsPlainUtf8OfBoundedLength) {
  EXPECT_TRUE(is_display_name("a"));
  EXPECT_TRUE(is_display_name("Zoë Wölfe 日本 🙂"));
  EXPECT_TRUE(is_display_name(std::string(256, 'x')));
  EXPECT_FALSE(is_display_name(""));
  EXPECT_FALSE(is_display_name(std::string(257, 'x')));
  EXPECT_FALSE(is_display_name("tab\there"));
  EXPECT_FALSE(is_display_name(std::string_view{"nul\0nul", 7}));
  EXPECT_FALSE(is_display_name("\x7F"));
  EXPECT_FALSE(is_display_name("\xC2\x85"));          // a control character of Latin-1
  EXPECT_FALSE(is_display_name("\xC0\xAF"));          // overlong
  EXPECT_FALSE(is_display_name("\xED\xA0\x80"));      // surrogate
  EXPECT_FALSE(is_display_name("\xF4\x90\x80\x80"));  // above U+10FFFF
  EXPECT_FALSE(is_display_name("cut \xE6\x97"));
}

}  // namespace
}  // namespace tg::identity
