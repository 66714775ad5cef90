// SPDX-License-Identifier: Apache-2.0
#include "identity/setup_token.h"

#include <atomic>

#include "identity/test_instance.h"

namespace tg::identity {
namespace {

using std::chrono::milliseconds;

class SetupTokenTest : public TestInstance {
 protected:
  Result<User> set_up(std::string_view token, const std::string& email, WallTime now = kStart) {
    return create_owner_with_setup_token(database(), token, {.email = email, .password_hash = "x"},
                                         {}, now);
  }
};

TEST_F(SetupTokenTest, BuysOneOwnerOnce) {
  const auto token = create_setup_token(database(), {}, kStart).value();
  EXPECT_TRUE(is_setup_token(database(), token.reveal(), kStart).value());
  EXPECT_TRUE(set_up(token.reveal(), "ada@example.org").has_value());
  EXPECT_FALSE(is_setup_token(database(), token.reveal(), kStart).value());
  EXPECT_EQ(code_of(set_up(token.reveal(), "eve@example.org")), Code::kForbidden);
  EXPECT_EQ(code_of(create_setup_token(database(), {}, kStart)), Code::kConflict);
  EXPECT_EQ(count("SELECT count(*) FROM users"), 1);
}

TEST_F(SetupTokenTest, OfParallelSetupsOneWins) {
  const auto token = create_setup_token(database(), {}, kStart).value();
  std::atomic<int> won = 0;
  in_parallel(8, [&](int i) {
    const auto user = set_up(token.reveal(), "user" + std::to_string(i) + "@example.org");
    if (user) {
      ++won;
    } else {
      EXPECT_EQ(user.error().code, Code::kForbidden);
    }
  });
  EXPECT_EQ(won, 1);
  EXPECT_EQ(count("SELECT count(*) FROM users"), 1);
  EXPECT_EQ(count("SELECT count(*) FROM setup_tokens"), 0);
}

TEST_F(SetupTokenTest, UnknownTokenIsForbidden) {
  EXPECT_EQ(code_of(set_up("", "ada@example.org")), Code::kForbidden);
  const auto token = create_setup_token(database(), {}, kStart).value();
  EXPECT_EQ(code_of(set_up("guess", "ada@example.org")), Code::kForbidden);
  EXPECT_TRUE(is_setup_token(database(), token.reveal(), kStart).value());
}

TEST_F(SetupTokenTest, RefusedFieldsDoNotUseItUp) {
  const auto token = create_setup_token(database(), {}, kStart).value();
  EXPECT_EQ(code_of(set_up(token.reveal(), "no address")), Code::kFieldInvalid);
  EXPECT_TRUE(set_up(token.reveal(), "ada@example.org").has_value());
}

TEST_F(SetupTokenTest, ExpiresAfterADay) {
  const auto token = create_setup_token(database(), {}, kStart).value();
  const auto end = kStart + kSetupTokenAgeMax;
  EXPECT_TRUE(is_setup_token(database(), token.reveal(), end - milliseconds{1}).value());
  EXPECT_FALSE(is_setup_token(database(), token.reveal(), end).value());
  EXPECT_EQ(code_of(set_up(token.reveal(), "ada@example.org", end)), Code::kForbidden);
}

TEST_F(SetupTokenTest, NewOneReplacesTheOld) {
  const auto old = create_setup_token(database(), {}, kStart).value();
  const auto fresh = create_setup_token(database(), {}, kStart).value();
  EXPECT_NE(old.reveal(), fresh.reveal());
  EXPECT_FALSE(is_setup_token(database(), old.reveal(), kStart).value());
  EXPECT_TRUE(is_setup_token(database(), fresh.reveal(), kStart).value());
}

TEST_F(SetupTokenTest, OwnerMadeOtherwiseEndsIt) {
  const auto token = create_setup_token(database(), {}, kStart).value();
  make_owner();
  EXPECT_FALSE(is_setup_token(database(), token.reveal(), kStart).value());
  EXPECT_EQ(code_of(set_up(token.reveal(), "eve@example.org")), Code::kForbidden);
}

TEST_F(SetupTokenTest, TokenItselfIsNotStored) {
  const auto token = create_setup_token(database(), {}, kStart).value();
  EXPECT_EQ(token.size(), 43U);
  EXPECT_EQ(count("SELECT count(*) FROM setup_tokens WHERE token_hash = '" +
                  std::string{token.reveal()} + "'"),
            0);
}

}  // namespace
}  // namespace tg::identity
