// SPDX-License-Identifier: Apache-2.0
#include "identity/passwords.h"

#include <atomic>
#include <chrono>

#include "identity/test_instance.h"

namespace tg::identity {
namespace {

bool is_accepted(std::string_view password) {
  const auto checked = check_password_policy(password, "ada.lovelace@example.org");
  if (!checked) EXPECT_EQ(checked.error().code, Code::kFieldInvalid);
  return checked.has_value();
}

TEST(PasswordPolicyTest, TwelveCharactersAtLeastAnd1024BytesAtMost) {
  EXPECT_FALSE(is_accepted(""));
  EXPECT_FALSE(is_accepted("vK3 mq9!Zt7"));
  EXPECT_TRUE(is_accepted("vK3 mq9!Zt7x"));
  std::string longest;
  while (longest.size() < 1024) longest += "vK3 mq9!Zt7xpw" + std::to_string(longest.size());
  longest.resize(1024);
  EXPECT_TRUE(is_accepted(longest));
  EXPECT_FALSE(is_accepted(longest + "a"));
}

TEST(PasswordPolicyTest, CharactersAreCountedAsPeopleDo) {
  EXPECT_FALSE(is_accepted("пароль-мой?")) << "eleven characters in more bytes";
  EXPECT_TRUE(is_accepted("три рыжих кота спят"));
}

TEST(PasswordPolicyTest, NeedsNoCapitalsDigitsOrSigns) {
  EXPECT_TRUE(is_accepted("seven purple boats drift home"));
}

TEST(PasswordPolicyTest, CommonOnesAreRefused) {
  for (const char* password : {"password1234", "Password2024!", "P@ssw0rd12345", "123456789012",
                               "qwertyuiop[]", "aaaaaaaaaaaa", "abcabcabcabc", "Summer2026!!!!",
                               "letmein12345", "asdfghjkl;'#", "abcdefghijkl", "111222333444"}) {
    EXPECT_FALSE(is_accepted(password)) << password;
  }
}

TEST(PasswordPolicyTest, NamesOfAccountAndProductAreRefused) {
  EXPECT_FALSE(is_accepted("xx-Ada.Lovelace-7391"));
  EXPECT_FALSE(is_accepted("my TollGate box 7391"));
  EXPECT_TRUE(check_password_policy("bob likes green tea", "bob@example.org").has_value())
      << "a short local part is in many good passwords";
}

TEST(PasswordHasherTest, RightPasswordVerifiesAndAnotherDoesNot) {
  PasswordHasher hasher;
  const SecretBytes password{"seven purple boats"};
  const auto hash = hasher.hash(password).value();
  EXPECT_TRUE(hash.starts_with("$argon2id$v=19$m=65536,t=2,p=1$")) << hash;
  EXPECT_TRUE(hasher.verify(password, hash).value());
  EXPECT_FALSE(hasher.verify(SecretBytes{"seven purple boatS"}, hash).value());
  EXPECT_FALSE(hasher.verify(SecretBytes{""}, hash).value());
  EXPECT_FALSE(hasher.verify(SecretBytes{}, hash).value());
  EXPECT_NE(hasher.hash(password).value(), hash) << "each has a salt of its own";
}

TEST(PasswordHasherTest, DamagedHashIsFalse) {
  PasswordHasher hasher;
  EXPECT_FALSE(hasher.verify(SecretBytes{"seven purple boats"}, "no hash").value());
}

// A hash that is refused unread takes a thousandth of the time; a third leaves room for the noise.
TEST(PasswordHasherTest, UnknownUserCostsTheSameWork) {
  using Clock = std::chrono::steady_clock;
  PasswordHasher hasher;
  const SecretBytes password{"seven purple boats"};
  const auto hash = hasher.hash(password).value();
  const auto fastest = [&](const std::string& expected) {
    auto best = Clock::duration::max();
    for (int i = 0; i < 3; ++i) {
      const auto start = Clock::now();
      EXPECT_EQ(hasher.verify(password, expected).value(), !expected.empty());
      best = std::min(best, Clock::now() - start);
    }
    return best;
  };
  const auto known = fastest(hash);
  const auto unknown = fastest("");
  RecordProperty("verify_ms", static_cast<int>(known / std::chrono::milliseconds{1}));
  std::printf("verify: %lld ms\n", static_cast<long long>(known / std::chrono::milliseconds{1}));
  EXPECT_GT(unknown * 3, known);
  EXPECT_GT(known * 3, unknown);
}

TEST(PasswordHasherTest, FullQueueRefusesAtOnceAndServesTheRest) {
  constexpr int kCallers = 48;
  PasswordHasher hasher;
  std::atomic<int> served = 0;
  std::atomic<int> refused = 0;
  {
    std::vector<std::jthread> callers;
    for (int i = 0; i < kCallers; ++i) {
      callers.emplace_back([&] {
        const auto verified = hasher.verify(SecretBytes{"seven purple boats"}, "");
        if (verified) {
          ++served;
        } else {
          EXPECT_EQ(verified.error().code, Code::kTooManyAttempts);
          ++refused;
        }
      });
    }
  }
  EXPECT_EQ(served + refused, kCallers);
  EXPECT_GE(served, static_cast<int>(PasswordHasher::kQueueMax));
  EXPECT_GT(refused, 0);
  EXPECT_TRUE(hasher.verify(SecretBytes{"a"}, "").has_value()) << "the queue is free again";
}

TEST(PasswordPolicyTest, NamesOfTheOrganizationAreRefused) {
  const std::pair<const char*, const char*> refused[] = {
      {"we are at ACME INC today", "Acme Inc"},
      {"wonderful laboratories 7", "Our Laboratories"},
      {"Research99999", "research"}};
  for (const auto& [password, organization] : refused) {
    EXPECT_FALSE(check_password_policy(password, "a@example.org", organization).has_value())
        << password;
    EXPECT_TRUE(check_password_policy(password, "a@example.org", "Other").has_value());
  }
  EXPECT_TRUE(
      check_password_policy("the organization of tides", "a@example.org", "Ada's organization")
          .has_value());
  EXPECT_TRUE(check_password_policy("copper meadow window", "a@example.org", "").has_value());
}

}  // namespace
}  // namespace tg::identity
