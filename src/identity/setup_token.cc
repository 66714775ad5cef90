// SPDX-License-Identifier: Apache-2.0
#include "identity/setup_token.h"

#include <soci/soci.h>

#include "identity/token.h"
#include "identity/user_row.h"

namespace tg::identity {
namespace {

bool is_good(soci::session& session, std::string_view token, WallTime now) {
  const auto token_hash = hash_text(token);
  const long long made_before = to_unix_ms(now - kSetupTokenAgeMax);
  int count = 0;
  session << "SELECT count(*) FROM setup_tokens"
             " WHERE token_hash = :hash AND created_unix_ms > :before",
      soci::use(token_hash), soci::use(made_before), soci::into(count);
  return count > 0;
}

}  // namespace

Result<SecretBytes> create_setup_token(store::Database& database, const Actor& actor,
                                       WallTime now) {
  auto token = make_token();
  const auto token_hash = hash_text(token.reveal());
  const long long now_ms = to_unix_ms(now);
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    if (count_operators(session) > 0) {
      return fail(Code::kConflict, "this Tollgate has an owner already");
    }
    session << "DELETE FROM setup_tokens";
    session << "INSERT INTO setup_tokens (token_hash, created_unix_ms) VALUES (:hash, :now)",
        soci::use(token_hash), soci::use(now_ms);
    return append_audit(session, actor, {.action = "tollgate.setup_link.created"}, now);
  }));
  return token;
}

Result<bool> is_setup_token(store::Database& database, std::string_view token, WallTime now) {
  bool good = false;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    good = is_good(session, token, now);
    return {};
  }));
  return good;
}

Result<void> take_setup_token(soci::session& session, std::string_view token, WallTime now) {
  if (!is_good(session, token, now)) {
    return fail(Code::kForbidden,
                "this setup link was used or is too old; restart tollgate for a new one");
  }
  session << "DELETE FROM setup_tokens";
  return {};
}

}  // namespace tg::identity
