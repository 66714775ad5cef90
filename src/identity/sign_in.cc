// SPDX-License-Identifier: Apache-2.0
#include "identity/sign_in.h"

#include "base/log.h"
#include "identity/sessions.h"
#include "identity/sign_in_failures.h"
#include "identity/throttle.h"

namespace tg::identity {
namespace {

Result<void> record_failure(store::Database& database, const SignIn& attempt, bool was_refused,
                            WallTime now) {
  return record_sign_in_failure(
      database, {.email = attempt.email, .address = attempt.address, .was_refused = was_refused},
      now);
}

}  // namespace

Result<SignedIn> sign_in(store::Database& database, PasswordHasher& hasher, const SignIn& attempt,
                         WallTime now) {
  if (const auto counted = count_attempt(database, attempt.email, attempt.address, now); !counted) {
    if (counted.error().code == Code::kTooManyAttempts) {
      TG_TRY_DONE(record_failure(database, attempt, true, now));
    }
    return std::unexpected(counted.error());
  }
  TG_TRY(const auto hash, find_password_hash(database, attempt.email));
  TG_TRY(const bool right, hasher.verify(attempt.password, hash));
  if (!right) {
    log(LogLevel::kWarning, "sign-in refused", {{"address", attempt.address}});
    TG_TRY_DONE(record_failure(database, attempt, false, now));
    return fail(Code::kForbidden, "the e-mail address or the password is wrong");
  }
  TG_TRY_DONE(forget_attempts(database, attempt.email));
  auto user = find_user_by_email(database, attempt.email);
  if (!user && user.error().code == Code::kNotFound) {
    return fail(Code::kForbidden, "this person belongs to no organization any more");
  }
  if (!user) return std::unexpected(user.error());
  const Actor actor{ActorKind::kUser, user->id.text(), std::string{attempt.address}};
  TG_TRY(auto token, create_session(database, user->id, actor, now));
  return SignedIn{*std::move(user), std::move(token)};
}

}  // namespace tg::identity
