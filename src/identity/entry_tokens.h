// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret_bytes.h"
#include "store/database.h"

// One-time links that prove who reads an address's mail: to sign up, to choose a new password. The
// database has the token's hash.
//
// Threading:  any control thread; of two that use one at once, one wins.
// Limits:     24 hours to sign up, one to reset; one use; a newer one voids the older.
// Errors:     kForbidden: unknown, used, voided and expired alike.
namespace tg::identity {

enum class EntryPurpose : std::uint8_t { kSignUp, kReset };

inline constexpr std::chrono::hours kSignUpTokenAgeMax{24};
inline constexpr std::chrono::hours kResetTokenAgeMax{1};

[[nodiscard]] Result<SecretBytes> create_entry_token(store::Database& database,
                                                     EntryPurpose purpose, const std::string& email,
                                                     WallTime now = wall_now());
// The address, as it was entered; does not use the token up.
[[nodiscard]] Result<std::string> find_entry_token(store::Database& database, EntryPurpose purpose,
                                                   std::string_view token,
                                                   WallTime now = wall_now());
// Inside a Database::write(): the address; then the token is gone.
[[nodiscard]] Result<std::string> take_entry_token(soci::session& session, EntryPurpose purpose,
                                                   std::string_view token, WallTime now);

}  // namespace tg::identity
