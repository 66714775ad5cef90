// SPDX-License-Identifier: Apache-2.0
#include "identity/invites.h"

#include <atomic>

#include "identity/organizations.h"
#include "identity/test_instance.h"

namespace tg::identity {
namespace {

using std::chrono::milliseconds;

class InvitesTest : public TestInstance {
 protected:
  InvitesTest() : owner_{make_owner()} {}

  CreatedInvite invite(const std::string& email, WallTime now = kStart) {
    auto made = create_invite(database(),
                              {.organization_id = owner_.organization_id,
                               .email = email,
                               .role = "reader",
                               .inviter_id = owner_.id},
                              {}, now);
    TG_CHECK(made.has_value());
    return *std::move(made);
  }
  Result<User> accept(const SecretBytes& token, WallTime now = kStart) {
    return accept_invite(database(), token.reveal(), grace_, "192.0.2.1", now);
  }

  const User owner_;
  const std::optional<NewPerson> grace_{{.name = "Grace", .password_hash = "a hash"}};
};

TEST_F(InvitesTest, LinkMakesTheAccountWithTheRoleItIsBoundTo) {
  const auto made = invite("Grace@Example.org");
  const auto user = accept(made.token);
  ASSERT_TRUE(user.has_value());
  EXPECT_EQ(user->email, "Grace@Example.org");
  EXPECT_EQ(user->organization_role, "reader");
  EXPECT_EQ(user->organization_id, owner_.organization_id);
  EXPECT_TRUE(find_invite(database(), made.invite.id).value().accepted_at.has_value());
}

TEST_F(InvitesTest, LinkIsGoodForExactlyOneOfFiftyAtOnce) {
  const auto made = invite("grace@example.org");
  std::atomic<int> accepted = 0;
  in_parallel(50, [&](int) {
    if (accept(made.token)) ++accepted;
  });
  EXPECT_EQ(accepted, 1);
  EXPECT_EQ(count("SELECT count(*) FROM users"), 2);
}

TEST_F(InvitesTest, LookingAtItDoesNotUseItUp) {
  const auto made = invite("grace@example.org");
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(find_invitation(database(), made.token.reveal(), kStart).has_value());
  }
  EXPECT_TRUE(accept(made.token).has_value());
  EXPECT_EQ(code_of(find_invitation(database(), made.token.reveal(), kStart)), Code::kForbidden);
}

TEST_F(InvitesTest, EndsAfterSevenDaysToTheMillisecond) {
  const auto made = invite("grace@example.org");
  const auto end = kStart + kInviteAgeMax;
  EXPECT_EQ(code_of(accept(made.token, end)), Code::kForbidden);
  EXPECT_TRUE(accept(made.token, end - milliseconds{1}).has_value());
}

TEST_F(InvitesTest, NewerOneToTheSameAddressVoidsTheOlder) {
  const auto older = invite("grace@example.org");
  const auto newer = invite("GRACE@example.org");
  EXPECT_EQ(code_of(accept(older.token)), Code::kForbidden);
  EXPECT_TRUE(accept(newer.token).has_value());
}

TEST_F(InvitesTest, DiesWhenTheInviterLeaves) {
  const auto made = invite("grace@example.org");
  run_sql("DELETE FROM memberships");
  EXPECT_EQ(code_of(accept(made.token)), Code::kForbidden);
  EXPECT_EQ(code_of(find_invitation(database(), made.token.reveal(), kStart)), Code::kForbidden);
}

TEST_F(InvitesTest, DiesWithTheKeyThatMadeIt) {
  const auto made = create_invite(database(),
                                  {.organization_id = owner_.organization_id,
                                   .email = "grace@example.org",
                                   .role = "owner",
                                   .inviter_id = owner_.id,
                                   .inviter_key_id = "key_gone"},
                                  {}, kStart);
  EXPECT_EQ(code_of(accept(made.value().token)), Code::kForbidden);
}

TEST_F(InvitesTest, WithdrawnOneIsDeadAndAnAcceptedOneStays) {
  const auto withdrawn = invite("grace@example.org");
  ASSERT_TRUE(delete_invite(database(), withdrawn.invite, {}, kStart).has_value());
  EXPECT_EQ(code_of(accept(withdrawn.token)), Code::kForbidden);
  const auto made = invite("grace@example.org");
  ASSERT_TRUE(accept(made.token).has_value());
  EXPECT_EQ(code_of(delete_invite(database(), made.invite, {}, kStart)), Code::kConflict);
}

TEST_F(InvitesTest, WhoHasAnAccountJoinsWithItAndGetsNoOther) {
  ASSERT_TRUE(accept(invite("grace@example.org").token).has_value());
  const auto other = create_organization(database(), "Other", owner_.id, {}, kStart).value();
  const auto made = create_invite(database(),
                                  {.organization_id = other,
                                   .email = "Grace@example.org.",
                                   .role = "owner",
                                   .inviter_id = owner_.id},
                                  {}, kStart);
  EXPECT_EQ(code_of(accept(made.value().token)), Code::kConflict);
  const auto joined =
      accept_invite(database(), made.value().token.reveal(), std::nullopt, "", kStart);
  ASSERT_TRUE(joined.has_value());
  EXPECT_EQ(joined->organization_id, other);
  EXPECT_EQ(list_organizations_of(database(), joined->id).value().size(), 2);
}

TEST_F(InvitesTest, MembersAreNotInvitedAgain) {
  EXPECT_EQ(code_of(create_invite(database(),
                                  {.organization_id = owner_.organization_id,
                                   .email = "ADA@example.org",
                                   .role = "reader",
                                   .inviter_id = owner_.id},
                                  {}, kStart)),
            Code::kConflict);
}

TEST_F(InvitesTest, TokenIsStoredAsItsHashOnly) {
  const auto made = invite("grace@example.org");
  EXPECT_GE(made.token.size(), 22) << "128 bits";
  EXPECT_EQ(count("SELECT count(*) FROM invites WHERE token_hash = '" +
                  std::string{made.token.reveal()} + "'"),
            0);
  EXPECT_EQ(count("SELECT count(*) FROM audit_log WHERE detail LIKE '%grace%'"), 0);
}

}  // namespace
}  // namespace tg::identity
