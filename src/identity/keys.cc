// SPDX-License-Identifier: Apache-2.0
#include "identity/keys.h"

#include <soci/soci.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "identity/key_select.h"
#include "identity/people.h"

namespace tg::identity {
namespace {

constexpr std::size_t kReasonBytesMax = 256;
constexpr std::size_t kNoteBytesMax = 1024;

// Whom a new key belongs to, after everything that was asked for has been looked up.
struct Owner {
  std::string organization_id;
  std::string project_id;          // empty: an admin key
  std::string user_id;             // empty: a service account's
  std::string service_account_id;  // empty: a user's
};

Result<std::string> organization_of_project(soci::session& session, const ProjectId& id) {
  std::string organization_id;
  int is_archived = 0;
  session << "SELECT organization_id, CASE WHEN archived_unix_ms IS NULL THEN 0 ELSE 1 END"
             " FROM projects WHERE id = :id",
      soci::use(id.text()), soci::into(organization_id), soci::into(is_archived);
  if (!session.got_data()) return fail(Code::kNotFound, "there is no such project");
  if (is_archived != 0) return fail(Code::kConflict, "an archived project takes no new keys");
  return organization_id;
}

Result<void> check_member(soci::session& session, const std::string& organization_id,
                          const UserId& user_id) {
  int count = 0;
  session << "SELECT count(*) FROM memberships WHERE organization_id = :organization"
             " AND user_id = :user",
      soci::use(organization_id), soci::use(user_id.text()), soci::into(count);
  if (count > 0) return {};
  return fail(Code::kNotFound, "there is no such user in this organization");
}

Result<std::string> service_account_for(soci::session& session, const NewKey& key, WallTime now) {
  if (key.service_account_id.empty()) {
    const auto id = make_service_account_id();
    const long long now_ms = to_unix_ms(now);
    session << "INSERT INTO service_accounts (id, project_id, name, owner_user_id, created_unix_ms)"
               " VALUES (:id, :project, :name, :owner, :now)",
        soci::use(id.text()), soci::use(key.project_id.text()), soci::use(key.name),
        soci::use(key.user_id.text()), soci::use(now_ms);
    return id.text();
  }
  int count = 0;
  session << "SELECT count(*) FROM service_accounts WHERE id = :id AND project_id = :project"
             " AND deleted_unix_ms IS NULL",
      soci::use(key.service_account_id.text()), soci::use(key.project_id.text()), soci::into(count);
  if (count > 0) return key.service_account_id.text();
  return fail(Code::kNotFound, "there is no such service account in this project");
}

Result<Owner> owner_of(soci::session& session, const NewKey& key, WallTime now) {
  Owner owner;
  owner.organization_id = key.organization_id.text();
  if (key.kind != keys::KeyKind::kAdmin) {
    owner.project_id = key.project_id.text();
    TG_TRY(owner.organization_id, organization_of_project(session, key.project_id));
  }
  if (key.kind == keys::KeyKind::kServiceAccount) {
    TG_TRY(owner.service_account_id, service_account_for(session, key, now));
    return owner;
  }
  TG_TRY_DONE(check_member(session, owner.organization_id, key.user_id));
  owner.user_id = key.user_id.text();
  return owner;
}

// Reference columns hold NULL where there is nothing to refer to.
soci::indicator null_if_empty(const std::string& text) {
  return text.empty() ? soci::i_null : soci::i_ok;
}

void insert_key(soci::session& session, const KeyId& id, const NewKey& key, const Owner& owner,
                long long now_ms) {
  const std::string kind{keys::name(key.kind)};
  const auto digest = to_hex(key.digest);
  auto project_null = null_if_empty(owner.project_id);
  auto user_null = null_if_empty(owner.user_id);
  auto account_null = null_if_empty(owner.service_account_id);
  auto parent_null = null_if_empty(key.parent_id.text());
  auto expires_null = key.expires_at ? soci::i_ok : soci::i_null;
  const long long expires_ms = key.expires_at ? to_unix_ms(*key.expires_at) : 0;
  const auto restrictions = to_text(key.restrictions);
  session << "INSERT INTO api_keys (id, kind, name, note, redacted, digest, organization_id,"
             " project_id, user_id, service_account_id, parent_id, expires_unix_ms, restrictions,"
             " created_unix_ms)"
             " VALUES (:id, :kind, :name, :note, :redacted, :digest, :organization, :project,"
             " :user, :account, :parent, :expires, :restrictions, :now)",
      soci::use(id.text()), soci::use(kind), soci::use(key.name), soci::use(key.note),
      soci::use(key.redacted), soci::use(digest), soci::use(owner.organization_id),
      soci::use(owner.project_id, project_null), soci::use(owner.user_id, user_null),
      soci::use(owner.service_account_id, account_null),
      soci::use(key.parent_id.text(), parent_null), soci::use(expires_ms, expires_null),
      soci::use(restrictions), soci::use(now_ms);
}

std::string describe(const KeyInfo& info) {
  nlohmann::json data{{"kind", keys::name(info.kind)},   {"name", info.name},
                      {"redacted_value", info.redacted}, {"project_id", info.project_id.text()},
                      {"owner_id", info.owner_id},       {"scopes", info.restrictions.scopes}};
  if (!info.parent_id.empty()) data["parent_id"] = info.parent_id.text();
  return nlohmann::json{{"data", std::move(data)}}.dump();
}

Result<void> check_new_key(const NewKey& key, WallTime now) {
  if (!is_display_name(key.name)) {
    return fail(Code::kFieldInvalid, "a key's name must be 1 to 256 bytes of plain text");
  }
  TG_TRY_DONE(check_note(key.note));
  if (!faults_of(key.restrictions).empty()) {
    return fail(Code::kFieldInvalid, "a key's restrictions name something that is not there");
  }
  if (key.expires_at && *key.expires_at <= now) {
    return fail(Code::kFieldInvalid, "a key must expire in the future");
  }
  return {};
}

// A child belongs to whom its parent belongs to, one level deep.
Result<void> check_parent(soci::session& session, const NewKey& key, const Owner& owner,
                          WallTime now) {
  if (key.parent_id.empty()) return {};
  TG_TRY(const auto parent, read_key(session, key.parent_id));
  const bool same = parent.project_id.text() == owner.project_id &&
                    parent.owner_id == owner.user_id + owner.service_account_id;
  if (!same || !parent.parent_id.empty() || parent.kind == keys::KeyKind::kAdmin) {
    return fail(Code::kConflict, "this key cannot have child keys");
  }
  const bool is_closed = parent.revoked_at || (parent.expires_at && *parent.expires_at <= now);
  if (is_closed)
    return fail(Code::kConflict, "a key that is revoked or expired has no new children");
  int alive = 0;
  session << "SELECT count(*) FROM api_keys WHERE parent_id = :id AND revoked_unix_ms IS NULL",
      soci::use(key.parent_id.text()), soci::into(alive);
  if (alive < kChildKeysMax) return {};
  return fail(Code::kConflict, "this key has 1,000 child keys alive; revoke some first");
}

std::vector<KeyId> revoke_children(soci::session& session, const KeyId& parent, long long now_ms) {
  std::vector<KeyId> children;
  std::string id;
  soci::statement select = (session.prepare << "SELECT id FROM api_keys WHERE parent_id = :parent"
                                               " AND revoked_unix_ms IS NULL ORDER BY id",
                            soci::use(parent.text()), soci::into(id));
  select.execute();
  while (select.fetch()) children.emplace_back(id);
  session << "UPDATE api_keys SET revoked_unix_ms = :now, revoke_reason = 'parent key revoked'"
             " WHERE parent_id = :parent AND revoked_unix_ms IS NULL",
      soci::use(now_ms), soci::use(parent.text());
  return children;
}

}  // namespace

Result<void> check_note(const std::string& note) {
  const bool plain = std::ranges::none_of(note, [](char c) { return c == '\0' || c == '\x7f'; });
  if (plain && note.size() <= kNoteBytesMax) return {};
  return fail(Code::kFieldInvalid, "a key's note must be at most 1,024 bytes of text");
}

Result<ChangedKey> create_key(store::Database& database, const NewKey& key, const Actor& actor,
                              WallTime now) {
  TG_TRY_DONE(check_new_key(key, now));
  ChangedKey created;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    TG_TRY(const auto owner, owner_of(session, key, now));
    TG_TRY_DONE(check_parent(session, key, owner, now));
    const auto id = make_key_id();
    insert_key(session, id, key, owner, to_unix_ms(now));
    TG_TRY(created.info, read_key(session, id));
    TG_TRY(created.record, read_record(session, created.info));
    return append_audit(session, actor,
                        {.action = "api_key.created",
                         .target = id.text(),
                         .organization_id = owner.organization_id,
                         .detail = describe(created.info),
                         .project_id = owner.project_id},
                        now);
  }));
  return created;
}

Result<KeyInfo> find_key(store::Database& database, const KeyId& id) {
  KeyInfo info;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(info, read_key(session, id));
    return {};
  }));
  return info;
}

Result<RevokedKey> revoke_key(store::Database& database, const KeyId& id, const std::string& reason,
                              const Actor& actor, WallTime now) {
  if (!reason.empty() && (!is_display_name(reason) || reason.size() > kReasonBytesMax)) {
    return fail(Code::kFieldInvalid, "the reason must be at most 256 bytes of plain text");
  }
  RevokedKey revoked;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    TG_TRY(revoked.info, read_key(session, id));
    if (revoked.info.revoked_at) return {};
    revoked.was_alive = true;
    revoked.info.revoked_at = now;
    revoked.info.revoke_reason = reason;
    const long long now_ms = to_unix_ms(now);
    session << "UPDATE api_keys SET revoked_unix_ms = :now, revoke_reason = :reason"
               " WHERE id = :id",
        soci::use(now_ms), soci::use(reason), soci::use(id.text());
    revoked.children = revoke_children(session, id, now_ms);
    return append_audit(
        session, actor,
        {.action = "api_key.deleted",
         .target = id.text(),
         .organization_id = revoked.info.organization_id.text(),
         .detail =
             nlohmann::json{{"reason", reason}, {"child_keys", revoked.children.size()}}.dump(),
         .project_id = revoked.info.project_id.text()},
        now);
  }));
  return revoked;
}

}  // namespace tg::identity
