// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret_bytes.h"
#include "identity/passwords.h"
#include "identity/people.h"
#include "store/database.h"

// Signing in, whole: counted, verified, then a session.
//
// Threading:  any control thread; waits for the hash, and for those before it in the queue.
// Errors:     kTooManyAttempts, and else kForbidden for an unknown account and a wrong password
//             alike, after the same work.
namespace tg::identity {

struct SignIn {
  std::string_view email;
  const SecretBytes& password;
  std::string_view address;            // the peer's
  std::string_view device_token = {};  // what the browser keeps from an earlier sign-in
  std::string_view user_agent = {};
};

struct SignedIn {
  User user;
  SecretBytes session_token;
  SecretBytes device_token;  // for a browser that was not known yet; else empty
};

[[nodiscard]] Result<SignedIn> sign_in(store::Database& database, PasswordHasher& hasher,
                                       const SignIn& attempt, WallTime now = wall_now());

}  // namespace tg::identity
