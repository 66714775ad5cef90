// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/secret_bytes.h"
#include "store/database.h"

// Browsers in which somebody has signed in before. They prove nothing but that: the password is
// asked for as ever, but others' wrong guesses do not count against it (see throttle.h). The
// database has the token's hash.
//
// Threading:  any control thread.
// Limits:     20 for each user, the ones used last; a year without use.
namespace tg::identity {

inline constexpr std::chrono::hours kDeviceIdleMax{365 * 24};

[[nodiscard]] Result<bool> is_known_device(store::Database& database, std::string_view email,
                                           std::string_view token, WallTime now = wall_now());
// A token for a browser without one; empty where `known_token` goes on.
[[nodiscard]] Result<SecretBytes> remember_device(store::Database& database, const UserId& user_id,
                                                  std::string_view known_token,
                                                  WallTime now = wall_now());

}  // namespace tg::identity
