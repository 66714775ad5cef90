// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "store/database.h"

// Failed sign-ins in the audit log, without letting whoever guesses write the log: of an address's
// failures in a quarter of an hour, the first, tenth, hundredth, … is an entry and says how many
// there were; of all addresses together, 100 entries an hour and then each tenth, hundredth, … .
//
// Threading:  any control thread.
// Limits:     refused attempts (too many) are counted once a second an address, so that a flood of
//             them writes nothing; hence `attempts_at_least`.
// Privacy:    the entry has the address and, where the account exists, its user's id; never what
// was
//             typed. The counts stand under a hash of the address, and are deleted when they end.
namespace tg::identity {

inline constexpr std::chrono::minutes kFailureWindow{15};
inline constexpr int kFailureEntriesPerHour = 100;

struct SignInFailure {
  std::string_view email;
  std::string_view address;
  bool was_refused = false;  // too many attempts: nothing was verified
};

[[nodiscard]] Result<void> record_sign_in_failure(store::Database& database,
                                                  const SignInFailure& failure,
                                                  WallTime now = wall_now());

}  // namespace tg::identity
