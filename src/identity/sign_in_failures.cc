// SPDX-License-Identifier: Apache-2.0
#include "identity/sign_in_failures.h"

#include <soci/soci.h>

#include <nlohmann/json.hpp>

#include "identity/audit.h"
#include "identity/people.h"
#include "identity/throttle.h"

namespace tg::identity {
namespace {

constexpr std::chrono::seconds kRefusedInterval{1};
constexpr std::chrono::hours kEveryoneWindow{1};
constexpr const char* kEveryone = "everyone";

bool is_power_of_ten(long long count) {
  while (count >= 10 && count % 10 == 0) count /= 10;
  return count == 1;
}

// The subject's failures in its present window, this one with them.
long long count_failure(soci::session& session, const std::string& subject,
                        std::chrono::milliseconds window, WallTime now) {
  const long long now_ms = to_unix_ms(now);
  const long long window_start = to_unix_ms(now - window);
  session << "INSERT INTO sign_in_failures (subject, window_unix_ms, counted_unix_ms, failures)"
             " VALUES (:subject, :now, :counted, 1) ON CONFLICT (subject) DO UPDATE SET"
             " failures = CASE WHEN sign_in_failures.window_unix_ms <= :start THEN 1"
             " ELSE sign_in_failures.failures + 1 END,"
             " window_unix_ms = CASE WHEN sign_in_failures.window_unix_ms <= :start2"
             " THEN excluded.window_unix_ms ELSE sign_in_failures.window_unix_ms END,"
             " counted_unix_ms = excluded.counted_unix_ms",
      soci::use(subject, "subject"), soci::use(now_ms, "now"), soci::use(now_ms, "counted"),
      soci::use(window_start, "start"), soci::use(window_start, "start2");
  long long failures = 0;
  session << "SELECT failures FROM sign_in_failures WHERE subject = :subject", soci::use(subject),
      soci::into(failures);
  return failures;
}

// Read outside of the write, whose lock and sync a flood shall not have.
Result<bool> was_just_counted(store::Database& database, const std::string& subject, WallTime now) {
  long long counted = 0;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    session << "SELECT counted_unix_ms FROM sign_in_failures WHERE subject = :subject",
        soci::use(subject), soci::into(counted);
    return {};
  }));
  return counted > to_unix_ms(now - kRefusedInterval) && counted <= to_unix_ms(now);
}

void delete_old(soci::session& session, WallTime now) {
  const long long before = to_unix_ms(now - kFailureWindow);
  session << "DELETE FROM sign_in_failures WHERE window_unix_ms <= :before"
             " AND subject <> :everyone",
      soci::use(before), soci::use(std::string{kEveryone});
}

struct Account {
  std::string user_id;          // empty: nobody has this e-mail
  std::string organization_id;  // whose log it concerns; empty: the instance's
};

Account account_of(soci::session& session, std::string_view email) {
  Account account;
  const auto folded = fold_email(email).value_or("");
  session << "SELECT u.id, m.organization_id FROM users u JOIN memberships m ON m.user_id = u.id"
             " WHERE u.email_folded = :email ORDER BY m.created_unix_ms LIMIT 1",
      soci::use(folded), soci::into(account.user_id), soci::into(account.organization_id);
  return account;
}

std::string detail_of(const SignInFailure& failure, long long failures) {
  return nlohmann::json{
      {"error_code", failure.was_refused ? "too_many_attempts" : "invalid_credentials"},
      {"error_message", failure.was_refused ? "Too many attempts; refused without a look."
                                            : "The e-mail address or the password is wrong."},
      {"attempts_at_least", failures}}
      .dump();
}

}  // namespace

Result<void> record_sign_in_failure(store::Database& database, const SignInFailure& failure,
                                    WallTime now) {
  const auto subject = address_subject(failure.address);
  if (failure.was_refused) {
    TG_TRY(const bool counted, was_just_counted(database, subject, now));
    if (counted) return {};
  }
  return database.write([&](soci::session& session) -> Result<void> {
    delete_old(session, now);
    const auto failures = count_failure(session, subject, kFailureWindow, now);
    if (!is_power_of_ten(failures)) return {};
    const auto entries = count_failure(session, kEveryone, kEveryoneWindow, now);
    if (entries > kFailureEntriesPerHour && !is_power_of_ten(entries)) return {};
    const auto account = account_of(session, failure.email);
    return append_audit(session,
                        {.kind = ActorKind::kSystem, .address = std::string{failure.address}},
                        {.action = "login.failed",
                         .target = account.user_id,
                         .organization_id = account.organization_id,
                         .detail = detail_of(failure, failures)},
                        now);
  });
}

}  // namespace tg::identity
