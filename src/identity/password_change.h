// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret_bytes.h"
#include "identity/audit.h"
#include "identity/passwords.h"
#include "identity/people.h"
#include "store/database.h"

// A new password, for who knows the present one and for who reads the account's mail.
//
// Threading:  any control thread; confirm_password() waits for the hash.
// Errors:     kForbidden (the link; a wrong password), kTooManyAttempts, kSessionMissing.
namespace tg::identity {

// Whether it really is the user who sits before the session: before what cannot be undone. 10 tries
// in 15 minutes, whoever makes them.
[[nodiscard]] Result<void> confirm_password(store::Database& database, PasswordHasher& hasher,
                                            const UserId& user_id, const SecretBytes& password,
                                            WallTime now = wall_now());

// The user's other sessions end, this one gets a new token.
[[nodiscard]] Result<SecretBytes> change_password(store::Database& database, const UserId& user_id,
                                                  const std::string& new_hash,
                                                  const std::string& session_token_hash,
                                                  const Actor& actor, WallTime now = wall_now());

// All of the user's sessions end, and no browser is known any more.
[[nodiscard]] Result<User> reset_password(store::Database& database, std::string_view token,
                                          const std::string& new_hash, const std::string& address,
                                          WallTime now = wall_now());

[[nodiscard]] Result<void> rename_user(store::Database& database, const UserId& user_id,
                                       const std::string& name, const Actor& actor,
                                       WallTime now = wall_now());

}  // namespace tg::identity
