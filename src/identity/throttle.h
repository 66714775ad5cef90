// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "store/database.h"

// How often a password may be tried: per account and per address, in any 15 minutes. An attempt is
// counted before its password is looked at, in one transaction, so parallel guesses get no extra
// try; and it stands in the database, so a restart gives none either.
//
// Threading:  any control thread.
// Limits:     10 an account, 30 an address (an IPv6 address counts as its /64).
// Errors:     kTooManyAttempts, told alike for right and wrong passwords and for unknown accounts:
//             refused before anything is verified.
// Privacy:    accounts and addresses are stored as hashes.
namespace tg::identity {

inline constexpr int kAttemptsPerAccount = 10;
inline constexpr int kAttemptsPerAddress = 30;
inline constexpr std::chrono::minutes kAttemptWindow{15};

// A hash of who has this address; of an IPv6 address, of its /64.
[[nodiscard]] std::string address_subject(std::string_view address);

[[nodiscard]] Result<void> count_attempt(store::Database& database, std::string_view email,
                                         std::string_view address, WallTime now = wall_now());
// After a password was right: the account's attempts are forgotten, the address's are not (else
// one's own account would buy guesses at others).
[[nodiscard]] Result<void> forget_attempts(store::Database& database, std::string_view email);

}  // namespace tg::identity
