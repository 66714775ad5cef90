// SPDX-License-Identifier: Apache-2.0
#include "identity/password_change.h"

#include <soci/soci.h>

#include "identity/entry_tokens.h"
#include "identity/session_row.h"
#include "identity/throttle.h"
#include "identity/token.h"
#include "identity/user_row.h"

namespace tg::identity {
namespace {

constexpr int kConfirmationsMax = 10;

void set_hash(soci::session& session, const std::string& user_id, const std::string& new_hash) {
  session << "UPDATE users SET password_hash = :hash WHERE id = :id", soci::use(new_hash),
      soci::use(user_id);
  // A link that was asked for before would undo the change.
  session << "DELETE FROM entry_tokens WHERE purpose = 'reset' AND email_folded ="
             " (SELECT email_folded FROM users WHERE id = :id)",
      soci::use(user_id);
}

Result<void> audit(soci::session& session, const Actor& actor, const User& user, const char* action,
                   WallTime now) {
  return append_audit(
      session, actor,
      {.action = action, .target = user.id.text(), .organization_id = user.organization_id.text()},
      now);
}

}  // namespace

Result<void> confirm_password(store::Database& database, PasswordHasher& hasher,
                              const UserId& user_id, const SecretBytes& password, WallTime now) {
  const Use use{.purpose = "confirm", .subject = user_id.text(), .most = kConfirmationsMax};
  TG_TRY_DONE(count_use(database, use, now));
  TG_TRY(const auto user, find_user(database, user_id));
  TG_TRY(const auto hash, find_password_hash(database, user.email));
  TG_TRY(const bool right, hasher.verify(password, hash));
  if (!right) return fail(Code::kForbidden, "this is not your present password");
  return forget_uses(database, use);
}

Result<SecretBytes> change_password(store::Database& database, const UserId& user_id,
                                    const std::string& new_hash,
                                    const std::string& session_token_hash, const Actor& actor,
                                    WallTime now) {
  SecretBytes token;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    TG_TRY(const auto user, read_user(session, user_id.text()));
    TG_TRY(token, rotate_session(session, session_token_hash));
    set_hash(session, user_id.text(), new_hash);
    const auto kept = hash_text(token.reveal());
    session << "DELETE FROM sessions WHERE user_id = :user AND token_hash <> :kept",
        soci::use(user_id.text()), soci::use(kept);
    return audit(session, actor, user, "user.password_changed", now);
  }));
  return token;
}

Result<User> reset_password(store::Database& database, std::string_view token,
                            const std::string& new_hash, const std::string& address, WallTime now) {
  User user;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    TG_TRY(const auto email, take_entry_token(session, EntryPurpose::kReset, token, now));
    const auto folded = fold_email(email).value_or("");
    std::string id;
    session << "SELECT id FROM users WHERE email_folded = :email", soci::use(folded),
        soci::into(id);
    TG_TRY(user, read_user(session, id));
    set_hash(session, id, new_hash);
    session << "DELETE FROM sessions WHERE user_id = :user", soci::use(id);
    session << "DELETE FROM known_devices WHERE user_id = :user", soci::use(id);
    return audit(session, {ActorKind::kUser, id, address}, user, "user.password_reset", now);
  }));
  return user;
}

Result<void> rename_user(store::Database& database, const UserId& user_id, const std::string& name,
                         const Actor& actor, WallTime now) {
  if (!is_person_name(name)) {
    return fail(Code::kFieldInvalid,
                "the name must be 1 to 256 bytes of plain text without , ; < > or quotes");
  }
  return database.write([&](soci::session& session) -> Result<void> {
    TG_TRY(const auto user, read_user(session, user_id.text()));
    if (user.name == name) return {};
    session << "UPDATE users SET name = :name WHERE id = :id", soci::use(name),
        soci::use(user_id.text());
    // Which name is personal, and no part of the log.
    return audit(session, actor, user, "user.updated", now);
  });
}

}  // namespace tg::identity
