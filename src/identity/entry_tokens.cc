// SPDX-License-Identifier: Apache-2.0
#include "identity/entry_tokens.h"

#include <soci/soci.h>

#include "identity/people.h"
#include "identity/token.h"

namespace tg::identity {
namespace {

std::string name(EntryPurpose purpose) {
  return purpose == EntryPurpose::kSignUp ? "sign_up" : "reset";
}

std::chrono::hours age_max(EntryPurpose purpose) {
  return purpose == EntryPurpose::kSignUp ? kSignUpTokenAgeMax : kResetTokenAgeMax;
}

Result<std::string> read_email(soci::session& session, EntryPurpose purpose,
                               const std::string& token_hash, WallTime now) {
  const auto wanted = name(purpose);
  const long long now_ms = to_unix_ms(now);
  std::string email;
  session << "SELECT email FROM entry_tokens WHERE token_hash = :hash AND purpose = :purpose"
             " AND expires_unix_ms > :now",
      soci::use(token_hash), soci::use(wanted), soci::use(now_ms), soci::into(email);
  if (!session.got_data()) {
    return fail(Code::kForbidden, "this link was used, replaced or is too old; ask for a new one");
  }
  return email;
}

}  // namespace

Result<SecretBytes> create_entry_token(store::Database& database, EntryPurpose purpose,
                                       const std::string& email, WallTime now) {
  const auto folded = fold_email(email);
  if (!folded) return fail(Code::kFieldInvalid, "this is not an e-mail address");
  auto token = make_token();
  const auto token_hash = hash_text(token.reveal());
  const auto wanted = name(purpose);
  const long long now_ms = to_unix_ms(now);
  const long long expires_unix_ms = to_unix_ms(now + age_max(purpose));
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    session << "DELETE FROM entry_tokens WHERE expires_unix_ms <= :now"
               " OR (purpose = :purpose AND email_folded = :email)",
        soci::use(now_ms), soci::use(wanted), soci::use(*folded);
    session << "INSERT INTO entry_tokens (token_hash, purpose, email, email_folded,"
               " expires_unix_ms) VALUES (:hash, :purpose, :email, :folded, :expires)",
        soci::use(token_hash), soci::use(wanted), soci::use(email), soci::use(*folded),
        soci::use(expires_unix_ms);
    return {};
  }));
  return token;
}

Result<std::string> find_entry_token(store::Database& database, EntryPurpose purpose,
                                     std::string_view token, WallTime now) {
  std::string email;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(email, read_email(session, purpose, hash_text(token), now));
    return {};
  }));
  return email;
}

Result<std::string> take_entry_token(soci::session& session, EntryPurpose purpose,
                                     std::string_view token, WallTime now) {
  const auto token_hash = hash_text(token);
  TG_TRY(auto email, read_email(session, purpose, token_hash, now));
  soci::statement remove = (session.prepare << "DELETE FROM entry_tokens WHERE token_hash = :hash",
                            soci::use(token_hash));
  remove.execute(true);
  if (remove.get_affected_rows() == 0) return fail(Code::kForbidden, "this link was just used");
  return email;
}

}  // namespace tg::identity
