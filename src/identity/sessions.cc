// SPDX-License-Identifier: Apache-2.0
#include "identity/sessions.h"

#include <soci/soci.h>

#include "base/keyed_hash.h"
#include "identity/session_row.h"
#include "identity/text_rules.h"
#include "identity/token.h"
#include "identity/user_row.h"

namespace tg::identity {
namespace {

using std::chrono::milliseconds;

// So that a page with twenty requests does not write twenty times.
constexpr std::chrono::minutes kTouchInterval{1};

constexpr std::size_t kUserAgentBytesMax = 256;

struct SessionRow {
  std::string user_id;
  std::string organization_id;
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
  session << "SELECT user_id, organization_id, created_unix_ms, last_used_unix_ms FROM sessions"
             " WHERE token_hash = :hash",
      soci::use(token_hash), soci::into(row.user_id), soci::into(row.organization_id),
      soci::into(created_unix_ms), soci::into(last_used_unix_ms);
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

// What the browser says of itself may be anything.
std::string plain_user_agent(std::string_view text) {
  const auto cut = text.substr(0, kUserAgentBytesMax);
  return count_plain_characters(cut) ? std::string{cut} : std::string{};
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

SecretBytes insert_session(soci::session& session, const NewSession& wanted,
                           const std::string& address, WallTime now) {
  auto token = make_token();
  const auto token_hash = hash_text(token.reveal());
  const auto id = make_id("session_");
  const auto user_agent = plain_user_agent(wanted.user_agent);
  const long long now_ms = to_unix_ms(now);
  delete_expired(session, now);
  session << "INSERT INTO sessions (token_hash, id, user_id, organization_id, address, user_agent,"
             " created_unix_ms, last_used_unix_ms)"
             " VALUES (:hash, :id, :user, :organization, :address, :agent, :now, :used)",
      soci::use(token_hash), soci::use(id), soci::use(wanted.user_id.text()),
      soci::use(wanted.organization_id.text()), soci::use(address), soci::use(user_agent),
      soci::use(now_ms), soci::use(now_ms);
  return token;
}

Result<SecretBytes> create_session(store::Database& database, const NewSession& wanted,
                                   const Actor& actor, WallTime now) {
  SecretBytes token;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    TG_TRY(const auto user,
           read_user(session, wanted.user_id.text(), wanted.organization_id.text()));
    token = insert_session(session, wanted, actor.address, now);
    return append_audit(session, actor,
                        {.action = "login.succeeded",
                         .target = wanted.user_id.text(),
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
    auto found = read_user(session, row.user_id, row.organization_id);
    // Someone who belongs nowhere any more has no session either.
    if (!found && found.error().code == Code::kNotFound) {
      return fail(Code::kSessionMissing, "sign in again");
    }
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

Result<std::vector<SessionInfo>> list_sessions(store::Database& database, const UserId& user_id,
                                               WallTime now) {
  std::vector<SessionInfo> sessions;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    SessionInfo info;
    long long created_unix_ms = 0;
    long long last_used_unix_ms = 0;
    soci::statement select =
        (session.prepare << "SELECT id, token_hash, created_unix_ms, last_used_unix_ms, address,"
                            " user_agent FROM sessions WHERE user_id = :user"
                            " ORDER BY last_used_unix_ms DESC, id",
         soci::use(user_id.text()), soci::into(info.id), soci::into(info.token_hash),
         soci::into(created_unix_ms), soci::into(last_used_unix_ms), soci::into(info.address),
         soci::into(info.user_agent));
    select.execute();
    while (select.fetch()) {
      info.created_at = from_unix_ms(created_unix_ms);
      info.last_used_at = from_unix_ms(last_used_unix_ms);
      if (is_alive({{}, {}, info.created_at, info.last_used_at}, now)) sessions.push_back(info);
    }
    return {};
  }));
  return sessions;
}

namespace {

Result<void> audit_end(soci::session& session, const UserId& user_id, const Actor& actor,
                       WallTime now) {
  TG_TRY(const auto user, read_user(session, user_id.text()));
  return append_audit(session, actor,
                      {.action = "logout.succeeded",
                       .target = user_id.text(),
                       .organization_id = user.organization_id.text()},
                      now);
}

}  // namespace

Result<void> end_session_by_id(store::Database& database, const UserId& user_id,
                               const std::string& id, const Actor& actor, WallTime now) {
  return database.write([&](soci::session& session) -> Result<void> {
    soci::statement remove =
        (session.prepare << "DELETE FROM sessions WHERE id = :id AND user_id = :user",
         soci::use(id), soci::use(user_id.text()));
    remove.execute(true);
    if (remove.get_affected_rows() == 0) return fail(Code::kNotFound, "there is no such session");
    return audit_end(session, user_id, actor, now);
  });
}

Result<int> end_other_sessions(store::Database& database, const UserId& user_id,
                               const std::string& kept_token_hash, const Actor& actor,
                               WallTime now) {
  int ended = 0;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    soci::statement remove =
        (session.prepare << "DELETE FROM sessions WHERE user_id = :user AND token_hash <> :kept",
         soci::use(user_id.text()), soci::use(kept_token_hash));
    remove.execute(true);
    ended = static_cast<int>(remove.get_affected_rows());
    if (ended == 0) return {};
    return audit_end(session, user_id, actor, now);
  }));
  return ended;
}

Result<SecretBytes> rotate_session(soci::session& session, const std::string& token_hash) {
  auto token = make_token();
  const auto new_hash = hash_text(token.reveal());
  soci::statement update =
      (session.prepare << "UPDATE sessions SET token_hash = :new WHERE token_hash = :old",
       soci::use(new_hash), soci::use(token_hash));
  update.execute(true);
  if (update.get_affected_rows() == 0) return fail(Code::kSessionMissing, "sign in again");
  return token;
}

Result<SecretBytes> switch_organization(store::Database& database, const std::string& token_hash,
                                        const OrganizationId& organization_id, const Actor& actor,
                                        WallTime now) {
  SecretBytes token;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    TG_TRY(const auto row, read_session(session, token_hash));
    TG_TRY(const auto user, read_user(session, row.user_id, organization_id.text()));
    if (user.organization_id != organization_id) {
      return fail(Code::kNotFound, "there is no such organization, or you do not belong to it");
    }
    session << "UPDATE sessions SET organization_id = :organization WHERE token_hash = :hash",
        soci::use(organization_id.text()), soci::use(token_hash);
    TG_TRY(token, rotate_session(session, token_hash));
    return append_audit(session, actor,
                        {.action = "tollgate.session.organization_switched",
                         .target = row.user_id,
                         .organization_id = organization_id.text()},
                        now);
  }));
  return token;
}

std::string csrf_token(std::string_view session_token, const SecretBytes& pepper) {
  // The prefix keeps this hash apart from the digests of keys, which the same pepper keys.
  return keyed_hash(pepper, "tollgate csrf " + hash_text(session_token));
}

bool is_csrf_token(std::string_view given, std::string_view session_token,
                   const SecretBytes& pepper) {
  return equal_in_constant_time(given, csrf_token(session_token, pepper));
}

}  // namespace tg::identity
