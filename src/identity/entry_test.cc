// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <cstring>

#include "identity/entry_tokens.h"
#include "identity/organizations.h"
#include "identity/password_change.h"
#include "identity/sessions.h"
#include "identity/sign_up.h"
#include "identity/test_instance.h"
#include "identity/token.h"

// One-time links, sign-up, password changes, a person's sessions and organizations.
namespace tg::identity {
namespace {

using std::chrono::milliseconds;

class EntryTest : public TestInstance {
 protected:
  EntryTest() : owner_{make_owner()} {}

  SecretBytes link(EntryPurpose purpose, const std::string& email, WallTime now = kStart) {
    auto token = create_entry_token(database(), purpose, email, now);
    TG_CHECK(token.has_value());
    return *std::move(token);
  }
  SecretBytes session(WallTime now = kStart) {
    auto token = create_session(database(), {.user_id = owner_.id}, {}, now);
    TG_CHECK(token.has_value());
    return *std::move(token);
  }
  void open_sign_up() {
    TG_CHECK(set_sign_up_policy(database(), {.mode = SignUpMode::kOpen}, {}, kStart).has_value());
  }
  Result<User> finish(const SecretBytes& token, WallTime now = kStart) {
    return finish_sign_up(database(), token.reveal(), {.name = "Eve", .password_hash = "a hash"},
                          "192.0.2.1", now);
  }
  bool is_signed_in(const SecretBytes& token) {
    return find_session(database(), token.reveal(), kStart).has_value();
  }

  const User owner_;
};

TEST_F(EntryTest, SignUpGivesAnOrganizationOfOnesOwn) {
  open_sign_up();
  const auto user = finish(link(EntryPurpose::kSignUp, "eve@example.org"));
  ASSERT_TRUE(user.has_value());
  EXPECT_NE(user->organization_id, owner_.organization_id);
  EXPECT_EQ(user->organization_role, "owner");
  EXPECT_EQ(user->organization_name, "Eve's organization");
  EXPECT_FALSE(user->is_operator);
  EXPECT_FALSE(user->default_project_id.empty());
}

TEST_F(EntryTest, SignUpByDomainGoesIntoOneOrganizationAsAReader) {
  ASSERT_TRUE(set_sign_up_policy(database(),
                                 {.mode = SignUpMode::kDomain,
                                  .organization_id = owner_.organization_id,
                                  .domains = {"example.org"}},
                                 {}, kStart)
                  .has_value());
  const auto policy = read_sign_up_policy(database()).value();
  EXPECT_TRUE(is_open_to(policy, "Eve@EXAMPLE.org."));
  for (const auto* email : {"eve@sub.example.org", "eve@example.org.evil.com", "eve@xexample.org",
                            "example.org", "a@b@example.org"}) {
    EXPECT_FALSE(is_open_to(policy, email)) << email;
  }
  const auto user = finish(link(EntryPurpose::kSignUp, "eve@example.org"));
  ASSERT_TRUE(user.has_value());
  EXPECT_EQ(user->organization_id, owner_.organization_id);
  EXPECT_EQ(user->organization_role, "reader");
}

TEST_F(EntryTest, SignUpThatWasClosedMeanwhileIsRefused) {
  const auto token = link(EntryPurpose::kSignUp, "eve@example.org");
  EXPECT_EQ(code_of(finish(token)), Code::kForbidden);
  open_sign_up();
  EXPECT_TRUE(finish(token).has_value()) << "a refusal does not use the link up";
}

TEST_F(EntryTest, PolicyIsRefusedWhereItCannotWork) {
  const SignUpPolicy policies[] = {
      {.mode = SignUpMode::kDomain, .organization_id = owner_.organization_id},
      {.mode = SignUpMode::kDomain, .organization_id = owner_.organization_id, .domains = {"x"}},
      {.mode = SignUpMode::kDomain,
       .organization_id = owner_.organization_id,
       .domains = {"Example.org"}},
      {.mode = SignUpMode::kDomain,
       .organization_id = OrganizationId{"org-none"},
       .domains = {"example.org"}}};
  for (const auto& policy : policies) {
    EXPECT_EQ(code_of(set_sign_up_policy(database(), policy, {}, kStart)), Code::kFieldInvalid);
  }
  EXPECT_EQ(read_sign_up_policy(database()).value().mode, SignUpMode::kClosed);
}

TEST_F(EntryTest, OneOfFiftyWhoUseALinkAtOnceGetsTheAccount) {
  open_sign_up();
  const auto token = link(EntryPurpose::kSignUp, "eve@example.org");
  std::atomic<int> made = 0;
  in_parallel(50, [&](int) {
    if (finish(token)) ++made;
  });
  EXPECT_EQ(made, 1);
}

TEST_F(EntryTest, LinksEndInTimeAndWithANewerOne) {
  open_sign_up();
  const auto token = link(EntryPurpose::kSignUp, "eve@example.org");
  EXPECT_EQ(code_of(finish(token, kStart + kSignUpTokenAgeMax)), Code::kForbidden);
  EXPECT_EQ(find_entry_token(database(), EntryPurpose::kSignUp, token.reveal(),
                             kStart + kSignUpTokenAgeMax - milliseconds{1})
                .value(),
            "eve@example.org");
  const auto newer = link(EntryPurpose::kSignUp, "EVE@example.org");
  EXPECT_EQ(code_of(finish(token)), Code::kForbidden);
  EXPECT_TRUE(finish(newer).has_value());
  EXPECT_EQ(code_of(finish(newer)), Code::kForbidden);
}

TEST_F(EntryTest, ALinkServesItsOwnPurposeOnly) {
  open_sign_up();
  EXPECT_EQ(code_of(finish(link(EntryPurpose::kReset, "eve@example.org"))), Code::kForbidden);
  const auto token = link(EntryPurpose::kSignUp, owner_.email);
  EXPECT_EQ(code_of(reset_password(database(), token.reveal(), "new", "", kStart)),
            Code::kForbidden);
  EXPECT_EQ(code_of(finish(token)), Code::kConflict) << "the address has an account";
}

TEST_F(EntryTest, ResetEndsAllSessionsAndWorksOnce) {
  const auto first = session();
  const auto second = session();
  const auto token = link(EntryPurpose::kReset, owner_.email);
  ASSERT_TRUE(reset_password(database(), token.reveal(), "new hash", "", kStart).has_value());
  EXPECT_EQ(find_password_hash(database(), owner_.email).value(), "new hash");
  EXPECT_FALSE(is_signed_in(first) || is_signed_in(second));
  EXPECT_EQ(code_of(reset_password(database(), token.reveal(), "again", "", kStart)),
            Code::kForbidden);
}

TEST_F(EntryTest, ResetLinkEndsAfterAnHourAndWithAChangeOfThePassword) {
  const auto late = link(EntryPurpose::kReset, owner_.email);
  EXPECT_EQ(
      code_of(reset_password(database(), late.reveal(), "new", "", kStart + kResetTokenAgeMax)),
      Code::kForbidden);
  const auto mine = session();
  ASSERT_TRUE(
      change_password(database(), owner_.id, "changed", hash_text(mine.reveal()), {}, kStart)
          .has_value());
  EXPECT_EQ(code_of(reset_password(database(), late.reveal(), "new", "", kStart)),
            Code::kForbidden);
}

TEST_F(EntryTest, ChangeRotatesTheOwnSessionAndEndsTheOthers) {
  const auto mine = session();
  const auto other = session();
  const auto rotated =
      change_password(database(), owner_.id, "new hash", hash_text(mine.reveal()), {}, kStart);
  ASSERT_TRUE(rotated.has_value());
  EXPECT_TRUE(is_signed_in(*rotated));
  EXPECT_FALSE(is_signed_in(mine) || is_signed_in(other));
}

TEST_F(EntryTest, ConfirmationIsThrottledPerPerson) {
  PasswordHasher hasher;
  const SecretBytes wrong{"not the right one"};
  for (int i = 0; i < 10; ++i) {
    ASSERT_EQ(code_of(confirm_password(database(), hasher, owner_.id, wrong, kStart)),
              Code::kForbidden);
  }
  EXPECT_EQ(code_of(confirm_password(database(), hasher, owner_.id, wrong, kStart)),
            Code::kTooManyAttempts);
}

TEST_F(EntryTest, SessionsAreListedAndEndedByTheirOwnerOnly) {
  open_sign_up();
  const auto eve = finish(link(EntryPurpose::kSignUp, "eve@example.org")).value();
  const auto mine = session();
  const auto other = session(kStart + milliseconds{5});
  const auto listed = list_sessions(database(), owner_.id, kStart).value();
  ASSERT_EQ(listed.size(), 2);
  EXPECT_EQ(listed.front().token_hash, hash_text(other.reveal()));
  EXPECT_EQ(code_of(end_session_by_id(database(), eve.id, listed.front().id, {}, kStart)),
            Code::kNotFound);
  ASSERT_TRUE(end_session_by_id(database(), owner_.id, listed.front().id, {}, kStart).has_value());
  EXPECT_FALSE(is_signed_in(other));
  (void)session();
  EXPECT_EQ(end_other_sessions(database(), owner_.id, hash_text(mine.reveal()), {}, kStart).value(),
            1);
  EXPECT_TRUE(is_signed_in(mine));
}

TEST_F(EntryTest, StrangeUserAgentsAreCutOrLeftOut) {
  const auto agent_of = [&](std::string agent) {
    const auto made = create_session(
        database(), {.user_id = owner_.id, .user_agent = std::move(agent)}, {}, kStart);
    for (const auto& each : list_sessions(database(), owner_.id, kStart).value()) {
      if (each.token_hash == hash_text(made.value().reveal())) return each.user_agent;
    }
    return std::string{"no session"};
  };
  EXPECT_EQ(agent_of("Browser/1"), "Browser/1");
  EXPECT_EQ(agent_of(std::string(1000, 'x')).size(), 256);
  EXPECT_EQ(agent_of("a\r\nb"), "");
  EXPECT_EQ(agent_of("\xff"), "");
}

TEST_F(EntryTest, SwitchingGivesANewTokenAndOnlyToOnesOwnOrganizations) {
  open_sign_up();
  const auto eve = finish(link(EntryPurpose::kSignUp, "eve@example.org")).value();
  const auto second =
      create_organization(database(), "Second", owner_.id, {}, kStart + milliseconds{1}).value();
  const auto token = session();
  EXPECT_EQ(code_of(switch_organization(database(), hash_text(token.reveal()), eve.organization_id,
                                        {}, kStart)),
            Code::kNotFound);
  const auto switched =
      switch_organization(database(), hash_text(token.reveal()), second, {}, kStart);
  ASSERT_TRUE(switched.has_value());
  EXPECT_FALSE(is_signed_in(token));
  EXPECT_EQ(find_session(database(), switched->reveal(), kStart).value().organization_id, second);
  EXPECT_EQ(find_user(database(), owner_.id).value().organization_id, owner_.organization_id);
}

TEST_F(EntryTest, DeletedOrganizationLosesSessionsMembersAndTheirPersonalData) {
  open_sign_up();
  const auto eve = finish(link(EntryPurpose::kSignUp, "eve@example.org")).value();
  const auto token = create_session(database(), {.user_id = eve.id}, {}, kStart).value().clone();
  ASSERT_TRUE(delete_organization(database(), eve.organization_id, {}, kStart).has_value());
  EXPECT_FALSE(is_signed_in(token));
  EXPECT_EQ(code_of(find_user_by_email(database(), "eve@example.org")), Code::kNotFound);
  EXPECT_EQ(count("SELECT count(*) FROM users WHERE id = '" + eve.id.text() +
                  "' AND email = '' AND name = 'Erased user' AND password_hash = ''"),
            1);
  EXPECT_EQ(count("SELECT count(*) FROM users WHERE email_folded LIKE '%eve@%'"), 0);
  EXPECT_GT(count("SELECT count(*) FROM audit_log WHERE target = '" + eve.id.text() + "'"), 0);
  EXPECT_EQ(code_of(delete_organization(database(), eve.organization_id, {}, kStart)),
            Code::kNotFound);
  EXPECT_TRUE(finish(link(EntryPurpose::kSignUp, "eve@example.org")).has_value())
      << "the address is free again";
  EXPECT_TRUE(verify_audit(database()).has_value());
}

TEST_F(EntryTest, WhoBelongsNowhereHasNoSession) {
  const auto token = session();
  run_sql("DELETE FROM memberships");
  EXPECT_EQ(code_of(find_session(database(), token.reveal(), kStart)), Code::kSessionMissing);
}

TEST_F(EntryTest, WhoBelongsElsewhereStaysWhoTheyAre) {
  const auto second =
      create_organization(database(), "Second", owner_.id, {}, kStart + milliseconds{1}).value();
  const auto token =
      create_session(database(), {.user_id = owner_.id, .organization_id = second}, {}, kStart);
  ASSERT_TRUE(delete_organization(database(), second, {}, kStart).has_value());
  EXPECT_EQ(find_session(database(), token.value().reveal(), kStart).value().organization_id,
            owner_.organization_id);
}

TEST_F(EntryTest, TheOperatorsLastOrganizationStays) {
  EXPECT_EQ(code_of(delete_organization(database(), owner_.organization_id, {}, kStart)),
            Code::kConflict);
  EXPECT_TRUE(find_user(database(), owner_.id).has_value()) << "nothing was changed";
}

}  // namespace
}  // namespace tg::identity
