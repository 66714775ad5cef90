// SPDX-License-Identifier: Apache-2.0
#include "identity/sessions.h"

#include "identity/test_instance.h"

namespace tg::identity {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

class SessionsTest : public TestInstance {
 protected:
  SessionsTest() : user_{make_owner()}, token_{sign_in(kStart)} {}

  SecretBytes sign_in(WallTime now) {
    auto token = create_session(database(), {.user_id = user_.id}, {}, now);
    TG_CHECK(token.has_value());
    return *std::move(token);
  }
  bool is_alive(WallTime now) { return is_alive(token_, now); }
  bool is_alive(const SecretBytes& token, WallTime now) {
    const auto user = find_session(database(), token.reveal(), now);
    if (!user) EXPECT_EQ(user.error().code, Code::kSessionMissing);
    return user.has_value();
  }

  const User user_;
  const SecretBytes token_;
};

TEST_F(SessionsTest, TokenFindsItsUser) {
  EXPECT_EQ(find_session(database(), token_.reveal(), kStart).value().id, user_.id);
  EXPECT_EQ(token_.size(), 43U);
  EXPECT_EQ(code_of(find_session(database(), "guess", kStart)), Code::kSessionMissing);
  EXPECT_EQ(code_of(find_session(database(), "", kStart)), Code::kSessionMissing);
}

TEST_F(SessionsTest, UnknownUserGetsNone) {
  EXPECT_EQ(code_of(create_session(database(), {.user_id = UserId{"user-none"}}, {}, kStart)),
            Code::kNotFound);
}

TEST_F(SessionsTest, SevenDaysWithoutUseEndIt) {
  EXPECT_FALSE(is_alive(kStart + kSessionIdleMax));
  EXPECT_TRUE(is_alive(kStart + kSessionIdleMax - milliseconds{1}));
}

TEST_F(SessionsTest, UseKeepsItAliveUntilThirtyDays) {
  for (auto age = hours{0}; age < kSessionAgeMax; age += hours{6 * 24}) {
    EXPECT_TRUE(is_alive(kStart + age)) << age.count();
  }
  const auto end = kStart + kSessionAgeMax;
  EXPECT_TRUE(is_alive(end - milliseconds{1}));
  EXPECT_FALSE(is_alive(end));
}

TEST_F(SessionsTest, UseWithinAMinuteIsNotWritten) {
  const auto written = [&] { return count("SELECT last_used_unix_ms FROM sessions"); };
  EXPECT_TRUE(is_alive(kStart + milliseconds{59'999}));
  EXPECT_EQ(written(), to_unix_ms(kStart));
  EXPECT_TRUE(is_alive(kStart + milliseconds{60'000}));
  EXPECT_EQ(written(), to_unix_ms(kStart) + 60'000);
}

TEST_F(SessionsTest, EndedOneIsGoneAndOthersGoOn) {
  const auto other = sign_in(kStart);
  ASSERT_TRUE(end_session(database(), token_.reveal(), {}, kStart).has_value());
  EXPECT_FALSE(is_alive(kStart));
  EXPECT_TRUE(is_alive(other, kStart));
  EXPECT_TRUE(end_session(database(), token_.reveal(), {}, kStart).has_value()) << "twice is fine";
  const auto records = list_audit(database()).value();
  EXPECT_EQ(records.front().entry.action, "logout.succeeded");
  EXPECT_EQ(records.front().entry.target, user_.id.text());
  EXPECT_EQ(verify_audit(database()).value(), static_cast<std::int64_t>(records.size()));
}

TEST_F(SessionsTest, ExpiredOnesAreDeletedAtTheNextSignIn) {
  (void)sign_in(kStart + kSessionIdleMax);
  EXPECT_EQ(count("SELECT count(*) FROM sessions"), 1);
}

TEST_F(SessionsTest, TokenItselfIsNotStored) {
  EXPECT_EQ(count("SELECT count(*) FROM sessions WHERE token_hash = '" +
                  std::string{token_.reveal()} + "'"),
            0);
}

TEST_F(SessionsTest, CsrfTokenFitsItsSessionAndServerOnly) {
  const auto pepper = SecretBytes::random(32);
  const auto csrf = csrf_token(token_.reveal(), pepper);
  EXPECT_TRUE(is_csrf_token(csrf, token_.reveal(), pepper));
  EXPECT_FALSE(is_csrf_token(csrf, sign_in(kStart).reveal(), pepper));
  EXPECT_FALSE(is_csrf_token(csrf, token_.reveal(), SecretBytes::random(32)));
  EXPECT_FALSE(is_csrf_token("", token_.reveal(), pepper));
  EXPECT_FALSE(is_csrf_token(csrf.substr(1), token_.reveal(), pepper));
  EXPECT_FALSE(is_csrf_token(csrf + "0", token_.reveal(), pepper));
}

}  // namespace
}  // namespace tg::identity
