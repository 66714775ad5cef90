// SPDX-License-Identifier: Apache-2.0
#include "identity/sign_in.h"

#include <cstring>

#include "identity/known_devices.h"
#include "identity/sessions.h"
#include "identity/test_instance.h"
#include "identity/throttle.h"

namespace tg::identity {
namespace {

class SignInTest : public TestInstance {
 protected:
  SignInTest() {
    const auto hash = hasher_.hash(password_);
    TG_CHECK(hash.has_value());
    const auto owner =
        create_owner(database(), {.email = "Ada@Example.org", .password_hash = *hash}, {}, kStart);
    TG_CHECK(owner.has_value());
  }

  Result<SignedIn> attempt(std::string_view email, const SecretBytes& password) {
    return sign_in(database(), hasher_,
                   {.email = email, .password = password, .address = "192.0.2.1"}, kStart);
  }

  PasswordHasher hasher_;
  const SecretBytes password_{"seven purple boats"};
  const SecretBytes wrong_{"seven purple goats"};
};

TEST_F(SignInTest, RightPasswordGivesASession) {
  const auto signed_in = attempt("ADA@example.org", password_);
  ASSERT_TRUE(signed_in.has_value());
  EXPECT_EQ(signed_in->user.email, "Ada@Example.org");
  const auto user = find_session(database(), signed_in->session_token.reveal(), kStart);
  EXPECT_EQ(user.value().id, signed_in->user.id);
  const auto newest = list_audit(database()).value().front();
  EXPECT_EQ(newest.entry.action, "login.succeeded");
  EXPECT_EQ(newest.actor.id, signed_in->user.id.text());
  EXPECT_EQ(newest.actor.address, "192.0.2.1");
}

TEST_F(SignInTest, UnknownUserAndWrongPasswordGetTheSameError) {
  const auto wrong = attempt("ada@example.org", wrong_);
  for (const char* email : {"eve@example.org", "no address", ""}) {
    const auto unknown = attempt(email, password_);
    ASSERT_EQ(code_of(unknown), Code::kForbidden);
    EXPECT_STREQ(unknown.error().detail, wrong.error().detail);
  }
  EXPECT_EQ(code_of(wrong), Code::kForbidden);
  EXPECT_EQ(code_of(attempt("ada@example.org", SecretBytes{})), Code::kForbidden);
  EXPECT_EQ(count("SELECT count(*) FROM sessions"), 0);
}

TEST_F(SignInTest, AfterTenAttemptsTheRightPasswordIsRefusedToo) {
  for (int i = 0; i < kAttemptsPerAccountAndAddress; ++i) {
    EXPECT_EQ(code_of(attempt("ada@example.org", wrong_)), Code::kForbidden);
  }
  EXPECT_EQ(code_of(attempt("ada@example.org", password_)), Code::kTooManyAttempts);
  for (int i = 0; i < kAttemptsPerAccountAndAddress; ++i) {
    EXPECT_EQ(code_of(attempt("eve@example.org", wrong_)), Code::kForbidden);
  }
  EXPECT_EQ(code_of(attempt("eve@example.org", wrong_)), Code::kTooManyAttempts);
}

TEST_F(SignInTest, ABrowserThatSignedInBeforeIsNotLockedOutByOthersGuesses) {
  const auto device = attempt("ada@example.org", password_).value().device_token.clone();
  ASSERT_FALSE(device.empty());
  for (int i = 0; i < 2 * kAttemptsPerAddress; ++i) (void)attempt("ada@example.org", wrong_);
  ASSERT_EQ(code_of(attempt("ada@example.org", password_)), Code::kTooManyAttempts);
  const auto with_device = [&](std::string_view email, const SecretBytes& password) {
    return sign_in(database(), hasher_,
                   {.email = email,
                    .password = password,
                    .address = "192.0.2.1",
                    .device_token = device.reveal()},
                   kStart);
  };
  EXPECT_FALSE(is_known_device(database(), "eve@example.org", device.reveal(), kStart).value());
  const auto again = with_device("ada@example.org", password_);
  ASSERT_TRUE(again.has_value());
  EXPECT_TRUE(again->device_token.empty()) << "a known browser keeps its token";
}

TEST_F(SignInTest, SomeoneWhoBelongsNowhereIsRefusedLikeAWrongPassword) {
  const auto wrong = attempt("ada@example.org", wrong_);
  run_sql("DELETE FROM memberships");
  const auto right = attempt("ada@example.org", password_);
  ASSERT_EQ(code_of(right), Code::kForbidden);
  EXPECT_STREQ(right.error().detail, wrong.error().detail);
}

TEST_F(SignInTest, RightPasswordGivesTheAttemptsBack) {
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < kAttemptsPerAccountAndAddress - 1; ++i) {
      EXPECT_EQ(code_of(attempt("ada@example.org", wrong_)), Code::kForbidden);
    }
    EXPECT_TRUE(attempt("ada@example.org", password_).has_value());
  }
}

}  // namespace
}  // namespace tg::identity
