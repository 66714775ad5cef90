// SPDX-License-Identifier: Apache-2.0
#include "identity/sessions.h"

#include <soci/soci.h>
#include <sodium.h>

#include "base/encoding.h"
#include "identity/token.h"
#include "identity/user_row.h"

namespace tg::identity {
namespace {

using std::chrono::milliseconds;

// So that a page with twenty requests does not write twenty times.
constexpr std::chrono::minutes kTouchInterval{1};

struct SessionRow {
  std::string user_id;
  WallTime created_at;
  WallTime last_used_at;
};

bool is_alive(const SessionRow& row, WallTime now) {
  return now < row.last_used_at + kSessionIdleMax && now < row.created_at + kSessionAgeMax;
}

Result<SessionRow> read_session(soci::session& session, const std::string& token_hash) {
  SessionRow row;
  long long created_unix_ms = 0;
  long long last_used_unix_ms = 0;
  session << "SELECT user_id, created_unix_ms, last_used_unix_ms FROM sessions"
             " WHERE token_hash = :hash",
      soci::use(token_hash), soci::into(row.user_id), soci::into(created_unix_ms),
      soci::into(last_used_unix_ms);
  if (!session.got_data()) return fail(Code::kSessionMissing, "sign in first");
  row.created_at = from_unix_ms(created_unix_ms);
  row.last_used_at = from_unix_ms(last_used_unix_ms);
  return row;
}

void delete_expired(soci::session& session, WallTime now) {
  const long long used_before = to_unix_ms(now - kSessionIdleMax);
  const long long made_before = to_unix_ms(now - kSessionAgeMax);
  session << "DELETE FROM sessions WHERE last_used_unix_ms <= :used OR created_unix_ms <= :made",
      soci::use(used_before), soci::use(made_before);
}

Result<void> touch(store::Database& database, const std::string& token_hash, WallTime now) {
  const long long now_ms = to_unix_ms(now);
  return database.write([&](soci::session& session) -> Result<void> {
    session << "UPDATE sessions SET last_used_unix_ms = :now"
               " WHERE token_hash = :hash AND last_used_unix_ms < :earlier",
        soci::use(now_ms), soci::use(token_hash), soci::use(now_ms);
    return {};
  });
}

}  // namespace

Result<SecretBytes> create_session(store::Database& database, const UserId& user_id,
                                   const Actor& actor, WallTime now) {
  auto token = make_token();
  const auto token_hash = hash_text(token.reveal());
  const long long now_ms = to_unix_ms(now);
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    TG_TRY(const auto user, read_user(session, user_id.text()));
    delete_expired(session, now);
    session << "INSERT INTO sessions (token_hash, user_id, created_unix_ms, last_used_unix_ms)"
               " VALUES (:hash, :user, :now, :used)",
        soci::use(token_hash), soci::use(user_id.text()), soci::use(now_ms), soci::use(now_ms);
    return append_audit(session, actor,
                        {.action = "login.succeeded",
                         .target = user_id.text(),
                         .organization_id = user.organization_id.text()},
                        now);
  }));
  return token;
}

Result<User> find_session(store::Database& database, std::string_view token, WallTime now) {
  const auto token_hash = hash_text(token);
  SessionRow row;
  User user;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(row, read_session(session, token_hash));
    if (!is_alive(row, now)) return fail(Code::kSessionMissing, "sign in again");
    auto found = read_user(session, row.user_id);
    // Who belongs to no organization has no session; it ends at this moment.
    if (!found && found.error().code == Code::kNotFound) return fail(Code::kSessionMissing);
    TG_TRY(user, std::move(found));
    return {};
  }));
  if (now - row.last_used_at >= kTouchInterval) TG_TRY_DONE(touch(database, token_hash, now));
  return user;
}

Result<void> end_session(store::Database& database, std::string_view token, const Actor& actor,
                         WallTime now) {
  const auto token_hash = hash_text(token);
  return database.write([&](soci::session& session) -> Result<void> {
    const auto row = read_session(session, token_hash);
    if (!row) return {};
    TG_TRY(const auto user, read_user(session, row->user_id));
    session << "DELETE FROM sessions WHERE token_hash = :hash", soci::use(token_hash);
    return append_audit(session, actor,
                        {.action = "logout.succeeded",
                         .target = row->user_id,
                         .organization_id = user.organization_id.text()},
                        now);
  });
}

std::string csrf_token(std::string_view session_token, const SecretBytes& pepper) {
  // The prefix keeps this hash apart from the digests of keys, which the same pepper keys.
  const auto text = "tollgate csrf " + hash_text(session_token);
  std::array<unsigned char, crypto_generichash_BYTES> hash{};
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(text.data()),
                     text.size(), pepper.data(), pepper.size());
  return to_hex(hash);
}

bool is_csrf_token(std::string_view given, std::string_view session_token,
                   const SecretBytes& pepper) {
  return equal_in_constant_time(given, csrf_token(session_token, pepper));
}

}  // namespace tg::identity
