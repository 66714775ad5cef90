// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret_bytes.h"
#include "identity/audit.h"
#include "store/database.h"

// The one-time link by which the first owner signs up: whoever can read the server's terminal. Used
// up by create_owner_with_setup_token() in people.h.
//
// Threading:  any control thread.
// Limits:     good for 24 hours and one use; a new one replaces the old.
// Errors:     kConflict when there is an owner already.
namespace tg::identity {

inline constexpr std::chrono::hours kSetupTokenAgeMax{24};

[[nodiscard]] Result<SecretBytes> create_setup_token(store::Database& database, const Actor& actor,
                                                     WallTime now = wall_now());
// Whether the sign-up page should be shown; does not use the token up.
[[nodiscard]] Result<bool> is_setup_token(store::Database& database, std::string_view token,
                                          WallTime now = wall_now());

// Inside a Database::write(): kForbidden unless the token is good; then it is gone.
[[nodiscard]] Result<void> take_setup_token(soci::session& session, std::string_view token,
                                            WallTime now);

}  // namespace tg::identity
