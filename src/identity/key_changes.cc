// SPDX-License-Identifier: Apache-2.0
// What becomes of a key while it lives: its properties, and the secrets that open it.
#include <soci/soci.h>

#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "base/ids.h"
#include "identity/key_select.h"
#include "identity/people.h"

namespace tg::identity {
namespace {

using Json = nlohmann::json;

Result<KeyInfo> read_alive(soci::session& session, const KeyId& id, WallTime now) {
  TG_TRY(auto info, read_key(session, id));
  if (info.revoked_at)
    return fail(Code::kConflict, "this key is revoked, and that is never undone");
  if (info.expires_at && *info.expires_at <= now) {
    return fail(Code::kConflict, "this key has expired; create a new one");
  }
  return info;
}

Result<void> check_update(const KeyUpdate& update, WallTime now) {
  if (update.name && !is_display_name(*update.name)) {
    return fail(Code::kFieldInvalid, "a key's name must be 1 to 256 bytes of plain text");
  }
  if (update.note) TG_TRY_DONE(check_note(*update.note));
  if (update.restrictions && !faults_of(*update.restrictions).empty()) {
    return fail(Code::kFieldInvalid, "a key's restrictions name something that is not there");
  }
  if (update.expires_at && *update.expires_at && **update.expires_at <= now) {
    return fail(Code::kFieldInvalid, "a key must expire in the future");
  }
  return {};
}

KeyInfo changed(KeyInfo info, const KeyUpdate& update, WallTime now) {
  if (update.name) info.name = *update.name;
  if (update.note) info.note = *update.note;
  if (update.restrictions) info.restrictions = *update.restrictions;
  if (update.expires_at) info.expires_at = *update.expires_at;
  if (update.paused && *update.paused != info.paused_at.has_value()) {
    info.paused_at = *update.paused ? std::optional{now} : std::nullopt;
    info.pause_reason.clear();
  }
  return info;
}

Json time_or_null(const std::optional<WallTime>& time) {
  return time ? Json(to_unix_s(*time)) : Json(nullptr);
}

Json properties_of(const KeyInfo& info) {
  return Json{{"name", info.name},
              {"note", info.note},
              {"scopes", info.restrictions.scopes},
              {"endpoints", info.restrictions.endpoints},
              {"models", info.restrictions.models},
              {"addresses", info.restrictions.addresses},
              {"expires_at", time_or_null(info.expires_at)},
              {"paused", info.paused_at.has_value()}};
}

// Only what is not as it was.
std::string difference(const KeyInfo& before, const KeyInfo& after) {
  const auto old = properties_of(before);
  auto requested = Json::object();
  auto was = Json::object();
  for (const auto& [field, value] : properties_of(after).items()) {
    if (old[field] == value) continue;
    requested[field] = value;
    was[field] = old[field];
  }
  if (requested.empty()) return {};
  return Json{{"changes_requested", std::move(requested)}, {"before", std::move(was)}}.dump();
}

void store_properties(soci::session& session, const KeyInfo& info) {
  const auto restrictions = to_text(info.restrictions);
  const long long expires_ms = info.expires_at ? to_unix_ms(*info.expires_at) : 0;
  const long long paused_ms = info.paused_at ? to_unix_ms(*info.paused_at) : 0;
  auto expires_null = info.expires_at ? soci::i_ok : soci::i_null;
  auto paused_null = info.paused_at ? soci::i_ok : soci::i_null;
  session << "UPDATE api_keys SET name = :name, note = :note, restrictions = :restrictions,"
             " expires_unix_ms = :expires, paused_unix_ms = :paused, pause_reason = :reason"
             " WHERE id = :id",
      soci::use(info.name), soci::use(info.note), soci::use(restrictions),
      soci::use(expires_ms, expires_null), soci::use(paused_ms, paused_null),
      soci::use(info.pause_reason), soci::use(info.id.text());
}

AuditEntry entry_of(std::string action, const KeyInfo& info, std::string detail) {
  return {.action = std::move(action),
          .target = info.id.text(),
          .organization_id = info.organization_id.text(),
          .detail = std::move(detail),
          .project_id = info.project_id.text()};
}

// At most one former secret opens a key beside the present one.
void end_former_secrets(soci::session& session, const KeyId& id, long long now_ms) {
  session << "UPDATE former_secrets SET ends_unix_ms = :now WHERE key_id = :id"
             " AND ends_unix_ms > :later",
      soci::use(now_ms), soci::use(id.text()), soci::use(now_ms);
}

void keep_former_secret(soci::session& session, const KeyInfo& info, long long ends_ms) {
  const auto secret_id = make_id("secret_");
  const long long created_ms = to_unix_ms(info.rotated_at.value_or(info.created_at));
  session << "INSERT INTO former_secrets (id, key_id, digest, redacted, created_unix_ms,"
             " ends_unix_ms, last_used_unix_ms, last_address, last_client)"
             " SELECT CAST(:secret AS TEXT), id, digest, redacted, CAST(:created AS BIGINT),"
             " CAST(:ends AS BIGINT), last_used_unix_ms,"
             " last_address, last_client FROM api_keys WHERE id = :id",
      soci::use(secret_id), soci::use(created_ms), soci::use(ends_ms), soci::use(info.id.text());
}

void store_secret(soci::session& session, const KeyId& id, const Rotation& rotation,
                  long long now_ms) {
  const auto digest = to_hex(rotation.digest);
  session << "UPDATE api_keys SET digest = :digest, redacted = :redacted, rotated_unix_ms = :now,"
             " last_used_unix_ms = NULL, last_address = '', last_client = '' WHERE id = :id",
      soci::use(digest), soci::use(rotation.redacted), soci::use(now_ms), soci::use(id.text());
}

Result<ChangedKey> read_changed(soci::session& session, const KeyId& id) {
  ChangedKey key;
  TG_TRY(key.info, read_key(session, id));
  TG_TRY(key.record, read_record(session, key.info));
  return key;
}

}  // namespace

Result<ChangedKey> update_key(store::Database& database, const KeyId& id, const KeyUpdate& update,
                              const Actor& actor, WallTime now) {
  TG_TRY_DONE(check_update(update, now));
  ChangedKey key;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    TG_TRY(const auto before, read_alive(session, id, now));
    const auto after = changed(before, update, now);
    const auto detail = difference(before, after);
    if (!detail.empty()) {
      store_properties(session, after);
      TG_TRY_DONE(append_audit(session, actor, entry_of("api_key.updated", after, detail), now));
    }
    TG_TRY(key, read_changed(session, id));
    return {};
  }));
  return key;
}

Result<ChangedKey> rotate_key(store::Database& database, const KeyId& id, const Rotation& rotation,
                              const Actor& actor, WallTime now) {
  ChangedKey key;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    TG_TRY(const auto info, read_alive(session, id, now));
    const long long now_ms = to_unix_ms(now);
    end_former_secrets(session, id, now_ms);
    keep_former_secret(session, info, to_unix_ms(now + rotation.grace));
    store_secret(session, id, rotation, now_ms);
    TG_TRY(key, read_changed(session, id));
    const Json detail{{"redacted_value", rotation.redacted},
                      {"former_redacted_value", info.redacted},
                      {"grace_seconds", rotation.grace.count()}};
    return append_audit(session, actor,
                        entry_of("tollgate.api_key.rotated", key.info, detail.dump()), now);
  }));
  return key;
}

Result<ChangedKey> end_former_secret(store::Database& database, const KeyId& id,
                                     const std::string& secret_id, const Actor& actor,
                                     WallTime now) {
  ChangedKey key;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    const long long now_ms = to_unix_ms(now);
    std::string redacted;
    std::string hex;
    session << "SELECT redacted, digest FROM former_secrets WHERE id = :secret AND key_id = :id"
               " AND ends_unix_ms > :now",
        soci::use(secret_id), soci::use(id.text()), soci::use(now_ms), soci::into(redacted),
        soci::into(hex);
    if (!session.got_data()) {
      return fail(Code::kNotFound, "this key has no such former secret that still opens it");
    }
    session << "UPDATE former_secrets SET ends_unix_ms = :now WHERE id = :secret",
        soci::use(now_ms), soci::use(secret_id);
    TG_TRY(key, read_changed(session, id));
    // Of a federation rule's key, the newest are too few to have this one among them.
    TG_TRY(const auto digest, parse_digest(hex));
    key.record.secrets.push_back({.digest = digest, .ends_unix_ms = now_ms});
    const Json detail{{"secret_id", secret_id}, {"redacted_value", redacted}};
    return append_audit(session, actor,
                        entry_of("tollgate.api_key.secret_ended", key.info, detail.dump()), now);
  }));
  return key;
}

Result<std::vector<FormerSecret>> list_former_secrets(store::Database& database, const KeyId& id) {
  std::vector<FormerSecret> secrets;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    FormerSecret secret;
    long long created_ms = 0;
    long long ends_ms = 0;
    long long used_ms = 0;
    soci::statement select =
        (session.prepare << "SELECT id, redacted, created_unix_ms, ends_unix_ms,"
                            " COALESCE(last_used_unix_ms, -1), last_address, last_client"
                            " FROM former_secrets WHERE key_id = :id"
                            " ORDER BY ends_unix_ms DESC, id LIMIT 20",
         soci::use(id.text()), soci::into(secret.id), soci::into(secret.redacted),
         soci::into(created_ms), soci::into(ends_ms), soci::into(used_ms),
         soci::into(secret.last_address), soci::into(secret.last_client));
    select.execute();
    while (select.fetch()) {
      secret.created_at = from_unix_ms(created_ms);
      secret.ends_at = from_unix_ms(ends_ms);
      secret.last_used_at = used_ms < 0 ? std::nullopt : std::optional{from_unix_ms(used_ms)};
      secrets.push_back(secret);
    }
    return {};
  }));
  return secrets;
}

}  // namespace tg::identity
