// SPDX-License-Identifier: Apache-2.0
#include "identity/known_devices.h"

#include <soci/soci.h>

#include "identity/people.h"
#include "identity/token.h"

namespace tg::identity {
namespace {

constexpr int kDevicesMax = 20;

void forget_old(soci::session& session, const UserId& user_id, WallTime now) {
  const long long used_before = to_unix_ms(now - kDeviceIdleMax);
  session << "DELETE FROM known_devices WHERE last_used_unix_ms <= :before", soci::use(used_before);
  session << "DELETE FROM known_devices WHERE user_id = :user AND token_hash NOT IN"
             " (SELECT token_hash FROM known_devices WHERE user_id = :same"
             "  ORDER BY last_used_unix_ms DESC, token_hash LIMIT :most)",
      soci::use(user_id.text()), soci::use(user_id.text()), soci::use(kDevicesMax);
}

}  // namespace

Result<bool> is_known_device(store::Database& database, std::string_view email,
                             std::string_view token, WallTime now) {
  if (token.empty()) return false;
  const auto token_hash = hash_text(token);
  const auto folded = fold_email(email).value_or("");
  const long long used_after = to_unix_ms(now - kDeviceIdleMax);
  int count = 0;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    session << "SELECT count(*) FROM known_devices d JOIN users u ON u.id = d.user_id"
               " WHERE d.token_hash = :hash AND u.email_folded = :email"
               " AND d.last_used_unix_ms > :after",
        soci::use(token_hash), soci::use(folded), soci::use(used_after), soci::into(count);
    return {};
  }));
  return count > 0;
}

Result<SecretBytes> remember_device(store::Database& database, const UserId& user_id,
                                    std::string_view known_token, WallTime now) {
  SecretBytes token;
  if (known_token.empty()) token = make_token();
  const auto token_hash = hash_text(known_token.empty() ? token.reveal() : known_token);
  const long long now_ms = to_unix_ms(now);
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    session << "INSERT INTO known_devices (token_hash, user_id, last_used_unix_ms)"
               " VALUES (:hash, :user, :now)"
               " ON CONFLICT (token_hash) DO UPDATE SET last_used_unix_ms ="
               " excluded.last_used_unix_ms",
        soci::use(token_hash), soci::use(user_id.text()), soci::use(now_ms);
    forget_old(session, user_id, now);
    return {};
  }));
  return token;
}

}  // namespace tg::identity
