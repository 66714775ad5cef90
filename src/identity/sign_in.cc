// SPDX-License-Identifier: Apache-2.0
#include "identity/sign_in.h"

#include "base/log.h"
#include "identity/known_devices.h"
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
  TG_TRY(const bool known, is_known_device(database, attempt.email, attempt.device_token));
  const Attempt counted{.email = attempt.email,
                        .address = attempt.address,
                        .known_device = known ? attempt.device_token : std::string_view{}};
  if (const auto allowed = count_attempt(database, counted, now); !allowed) {
    if (allowed.error().code == Code::kTooManyAttempts) {
      TG_TRY_DONE(record_failure(database, attempt, true, now));
    }
    return std::unexpected(allowed.error());
  }
  TG_TRY(const auto hash, find_password_hash(database, attempt.email));
  TG_TRY(const bool right, hasher.verify(attempt.password, hash));
  // Someone who belongs to no organization any more has nothing to sign in to.
  auto user = find_user_by_email(database, attempt.email);
  if (!user && user.error().code != Code::kNotFound) return std::unexpected(user.error());
  if (!right || !user) {
    log(LogLevel::kWarning, "sign-in refused", {{"address", attempt.address}});
    TG_TRY_DONE(record_failure(database, attempt, false, now));
    return fail(Code::kForbidden, "the e-mail address or the password is wrong");
  }
  TG_TRY_DONE(forget_attempts(database, counted));
  const Actor actor{ActorKind::kUser, user->id.text(), std::string{attempt.address}};
  TG_TRY(
      auto token,
      create_session(database, {.user_id = user->id, .user_agent = std::string{attempt.user_agent}},
                     actor, now));
  const auto known_token = known ? attempt.device_token : std::string_view{};
  TG_TRY(auto device, remember_device(database, user->id, known_token, now));
  return SignedIn{*std::move(user), std::move(token), std::move(device)};
}

}  // namespace tg::identity
