// SPDX-License-Identifier: Apache-2.0
#include "identity/throttle.h"

#include <atomic>

#include "identity/test_instance.h"

namespace tg::identity {
namespace {

using std::chrono::milliseconds;

class ThrottleTest : public TestInstance {
 protected:
  Result<void> attempt(std::string_view email, std::string_view address, WallTime now = kStart) {
    return count_attempt(database(), {.email = email, .address = address}, now);
  }
  // How many of `tries` are let through, each for an account of its own.
  int from_addresses(int tries, const std::function<std::string(int)>& address) {
    int allowed = 0;
    for (int i = 0; i < tries; ++i) {
      allowed += attempt("u" + std::to_string(i) + "@example.org", address(i)) ? 1 : 0;
    }
    return allowed;
  }
};

std::string address_of(int i) { return "192.0.2." + std::to_string(i); }

TEST_F(ThrottleTest, FiftyParallelAttemptsAtOneAccountFromOneAddressGetExactlyTen) {
  std::atomic<int> allowed = 0;
  in_parallel(50, [&](int) {
    const auto counted = attempt("ada@example.org", "192.0.2.1");
    if (counted) {
      ++allowed;
    } else {
      EXPECT_EQ(counted.error().code, Code::kTooManyAttempts);
    }
  });
  EXPECT_EQ(allowed, kAttemptsPerAccountAndAddress);
}

TEST_F(ThrottleTest, AttemptsAtOneAccountFromEverywhereGetExactlyAHundred) {
  int allowed = 0;
  for (int i = 0; i < 120; ++i) allowed += attempt("ada@example.org", address_of(i)) ? 1 : 0;
  EXPECT_EQ(allowed, kAttemptsPerAccount);
}

TEST_F(ThrottleTest, OthersGuessesDoNotLockOutAnotherAddressOrAKnownBrowser) {
  for (int i = 0; i < 20; ++i) (void)attempt("ada@example.org", "192.0.2.1");
  EXPECT_TRUE(attempt("ada@example.org", "192.0.2.2").has_value());
  for (int i = 0; i < 120; ++i) (void)attempt("ada@example.org", address_of(i));
  ASSERT_EQ(code_of(attempt("ada@example.org", "198.51.100.1")), Code::kTooManyAttempts);
  const Attempt known{
      .email = "ada@example.org", .address = "192.0.2.1", .known_device = "a token"};
  int allowed = 0;
  for (int i = 0; i < 20; ++i) allowed += count_attempt(database(), known, kStart) ? 1 : 0;
  EXPECT_EQ(allowed, kAttemptsPerDevice);
}

TEST_F(ThrottleTest, UsesCountByPurposeAndSubject) {
  const Use use{.purpose = "mail", .subject = "ada@example.org", .most = 3};
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(count_use(database(), use, kStart).has_value());
  EXPECT_EQ(code_of(count_use(database(), use, kStart)), Code::kTooManyAttempts);
  EXPECT_TRUE(
      count_use(database(), {.purpose = "mail", .subject = "eve@example.org", .most = 3}, kStart)
          .has_value());
  EXPECT_TRUE(count_use(database(), use, kStart + kAttemptWindow).has_value());
  ASSERT_TRUE(forget_uses(database(), use).has_value());
}

TEST_F(ThrottleTest, FiftyParallelAttemptsFromOneAddressGetExactlyThirty) {
  std::atomic<int> allowed = 0;
  in_parallel(50, [&](int i) {
    if (attempt("u" + std::to_string(i) + "@example.org", "192.0.2.1")) ++allowed;
  });
  EXPECT_EQ(allowed, kAttemptsPerAddress);
}

TEST_F(ThrottleTest, SpellingsOfOneAccountCountTogether) {
  int allowed = 0;
  for (int i = 0; i < 20; ++i) {
    const auto* email = i % 2 == 0 ? "ADA@example.org" : "ada@Example.org.";
    allowed += attempt(email, "192.0.2.1") ? 1 : 0;
  }
  EXPECT_EQ(allowed, kAttemptsPerAccountAndAddress);
}

TEST_F(ThrottleTest, Ipv6AddressCountsAsItsNetwork) {
  EXPECT_EQ(from_addresses(40, [](int i) { return "2001:db8:0:1::" + std::to_string(i); }),
            kAttemptsPerAddress);
  EXPECT_TRUE(attempt("new@example.org", "2001:db8:0:2::1").has_value());
}

TEST_F(ThrottleTest, Ipv4AddressCountsTheSameInsideIpv6) {
  EXPECT_EQ(
      from_addresses(
          40, [](int i) { return std::string{i % 2 == 0 ? "192.0.2.1" : "::ffff:192.0.2.1"}; }),
      kAttemptsPerAddress);
  EXPECT_TRUE(attempt("new@example.org", "::ffff:192.0.2.2").has_value());
}

TEST_F(ThrottleTest, WindowEndsAfterFifteenMinutes) {
  for (int i = 0; i < kAttemptsPerAccount; ++i) {
    ASSERT_TRUE(attempt("ada@example.org", address_of(i)).has_value());
  }
  const auto end = kStart + kAttemptWindow;
  EXPECT_EQ(code_of(attempt("ada@example.org", address_of(190), end - milliseconds{1})),
            Code::kTooManyAttempts);
  EXPECT_TRUE(attempt("ada@example.org", address_of(190), end).has_value());
}

TEST_F(ThrottleTest, RefusedAttemptsDoNotLengthenTheWait) {
  for (int i = 0; i < 3 * kAttemptsPerAccount; ++i) {
    (void)attempt("ada@example.org", address_of(i), kStart + milliseconds{i});
  }
  EXPECT_TRUE(attempt("ada@example.org", address_of(90),
                      kStart + kAttemptWindow + milliseconds{kAttemptsPerAccount})
                  .has_value());
}

TEST_F(ThrottleTest, RightPasswordClearsTheAccountAndNotTheAddress) {
  for (int i = 0; i < kAttemptsPerAddress; ++i) {
    ASSERT_TRUE(attempt("ada@example.org", "192.0.2.1").has_value());
    ASSERT_TRUE(forget_attempts(database(), {.email = "Ada@example.org", .address = "192.0.2.1"})
                    .has_value());
  }
  EXPECT_EQ(code_of(attempt("ada@example.org", "192.0.2.1")), Code::kTooManyAttempts);
  EXPECT_TRUE(attempt("ada@example.org", "192.0.2.2").has_value());
}

TEST_F(ThrottleTest, StoresNeitherAccountNorAddress) {
  ASSERT_TRUE(attempt("ada@example.org", "192.0.2.1").has_value());
  EXPECT_EQ(count("SELECT count(*) FROM sign_in_attempts WHERE subject LIKE '%@%'"
                  " OR subject LIKE '%.%' OR length(subject) <> 64"),
            0);
  EXPECT_EQ(count("SELECT count(*) FROM sign_in_attempts WHERE length(subject) = 64"), 3);
}

}  // namespace
}  // namespace tg::identity
