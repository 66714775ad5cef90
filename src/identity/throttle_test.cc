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
    return count_attempt(database(), email, address, now);
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

TEST_F(ThrottleTest, FiftyParallelAttemptsAtOneAccountGetExactlyTen) {
  std::atomic<int> allowed = 0;
  in_parallel(50, [&](int i) {
    const auto counted = attempt("ada@example.org", address_of(i));
    if (counted) {
      ++allowed;
    } else {
      EXPECT_EQ(counted.error().code, Code::kTooManyAttempts);
    }
  });
  EXPECT_EQ(allowed, kAttemptsPerAccount);
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
    allowed += attempt(email, address_of(i)) ? 1 : 0;
  }
  EXPECT_EQ(allowed, kAttemptsPerAccount);
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
  EXPECT_EQ(code_of(attempt("ada@example.org", address_of(90), end - milliseconds{1})),
            Code::kTooManyAttempts);
  EXPECT_TRUE(attempt("ada@example.org", address_of(90), end).has_value());
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
    ASSERT_TRUE(forget_attempts(database(), "Ada@example.org").has_value());
  }
  EXPECT_EQ(code_of(attempt("ada@example.org", "192.0.2.1")), Code::kTooManyAttempts);
  EXPECT_TRUE(attempt("ada@example.org", "192.0.2.2").has_value());
}

TEST_F(ThrottleTest, StoresNeitherAccountNorAddress) {
  ASSERT_TRUE(attempt("ada@example.org", "192.0.2.1").has_value());
  EXPECT_EQ(count("SELECT count(*) FROM sign_in_attempts WHERE subject LIKE '%@%'"
                  " OR subject LIKE '%.%' OR length(subject) <> 64"),
            0);
  EXPECT_EQ(count("SELECT count(*) FROM sign_in_attempts WHERE length(subject) = 64"), 2);
}

}  // namespace
}  // namespace tg::identity
