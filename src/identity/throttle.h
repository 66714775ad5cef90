// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "store/database.h"

// How often something may be tried in any 15 minutes. An attempt is counted before its password is
// looked at, in one transaction, so parallel guesses get no extra try; and it stands in the
// database, so a restart gives none either.
//
// A password: 10 times for an account from an address, 30 times from an address, 100 times for an
// account from everywhere. A browser that signed in to the account before is counted by itself, 10
// times: whoever tries another's password cannot lock its owner out.
//
// Threading:  any control thread.
// Limits:     as above; an IPv6 address counts as its /64.
// Errors:     kTooManyAttempts, told alike for right and wrong passwords and for unknown accounts:
//             refused before anything is verified.
// Privacy:    accounts, addresses and browsers are stored as hashes.
namespace tg::identity {

inline constexpr int kAttemptsPerAccountAndAddress = 10;
inline constexpr int kAttemptsPerAddress = 30;
inline constexpr int kAttemptsPerAccount = 100;
inline constexpr int kAttemptsPerDevice = 10;
inline constexpr std::chrono::minutes kAttemptWindow{15};

// A hash of who has this address; of an IPv6 address, of its /64.
[[nodiscard]] std::string address_subject(std::string_view address);

struct Attempt {
  std::string_view email;
  std::string_view address;
  std::string_view known_device = {};  // the token of a browser known to this account, else empty
};
[[nodiscard]] Result<void> count_attempt(store::Database& database, const Attempt& attempt,
                                         WallTime now = wall_now());
// After a password was right: the account's attempts are forgotten, the address's are not (else
// one's own account would buy guesses at others).
[[nodiscard]] Result<void> forget_attempts(store::Database& database, const Attempt& attempt);

// Whatever else must not be done without end: "mail" to an address, "confirm" a password.
struct Use {
  std::string_view purpose;
  std::string_view subject;
  int most = 0;
};
[[nodiscard]] Result<void> count_use(store::Database& database, const Use& use,
                                     WallTime now = wall_now());
[[nodiscard]] Result<void> forget_uses(store::Database& database, const Use& use);
// The same for all of an IPv6 address's /64.
[[nodiscard]] std::string network_of(std::string_view address);

}  // namespace tg::identity
