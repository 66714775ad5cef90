// SPDX-License-Identifier: Apache-2.0
#include "identity/keys.h"

#include <soci/soci.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "identity/people.h"

namespace tg::identity {
namespace {

constexpr std::size_t kReasonBytesMax = 256;

// Whom a new key belongs to, after everything that was asked for has been looked up.
struct Owner {
  std::string organization_id;
  std::string project_id;          // empty: an admin key
  std::string user_id;             // empty: a service account's
  std::string service_account_id;  // empty: a user's
};

Result<std::string> organization_of_project(soci::session& session, const ProjectId& id) {
  std::string organization_id;
  session << "SELECT organization_id FROM projects WHERE id = :id", soci::use(id.text()),
      soci::into(organization_id);
  if (!session.got_data()) return fail(Code::kNotFound, "there is no such project");
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
  session << "SELECT count(*) FROM service_accounts WHERE id = :id AND project_id = :project",
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
  session << "INSERT INTO api_keys (id, kind, name, redacted, digest, organization_id, project_id,"
             " user_id, service_account_id, created_unix_ms)"
             " VALUES (:id, :kind, :name, :redacted, :digest, :organization, :project, :user,"
             " :account, :now)",
      soci::use(id.text()), soci::use(kind), soci::use(key.name), soci::use(key.redacted),
      soci::use(digest), soci::use(owner.organization_id),
      soci::use(owner.project_id, project_null), soci::use(owner.user_id, user_null),
      soci::use(owner.service_account_id, account_null), soci::use(now_ms);
}

// The columns of a KeyInfo as SQL gives them, and the order in which `into()` binds them.
struct Row {
  std::string id, kind, project_id, organization_id;
  KeyInfo info;
  long long created_unix_ms = 0;
  long long last_used_unix_ms = 0;
  long long revoked_unix_ms = 0;
  soci::indicator last_used = soci::i_null;
  soci::indicator revoked = soci::i_null;
};

constexpr const char* kSelect =
    "SELECT k.id, k.kind, k.name, k.redacted, COALESCE(k.project_id, ''), COALESCE(p.name, ''),"
    " k.organization_id, COALESCE(k.user_id, k.service_account_id, ''),"
    " COALESCE(u.name, s.name, ''), k.created_unix_ms, k.last_used_unix_ms, k.revoked_unix_ms,"
    " k.revoke_reason FROM api_keys k LEFT JOIN projects p ON p.id = k.project_id"
    " LEFT JOIN users u ON u.id = k.user_id"
    " LEFT JOIN service_accounts s ON s.id = k.service_account_id ";

void bind_row(soci::statement& select, Row& row) {
  select.exchange(soci::into(row.id));
  select.exchange(soci::into(row.kind));
  select.exchange(soci::into(row.info.name));
  select.exchange(soci::into(row.info.redacted));
  select.exchange(soci::into(row.project_id));
  select.exchange(soci::into(row.info.project_name));
  select.exchange(soci::into(row.organization_id));
  select.exchange(soci::into(row.info.owner_id));
  select.exchange(soci::into(row.info.owner_name));
  select.exchange(soci::into(row.created_unix_ms));
  select.exchange(soci::into(row.last_used_unix_ms, row.last_used));
  select.exchange(soci::into(row.revoked_unix_ms, row.revoked));
  select.exchange(soci::into(row.info.revoke_reason));
}

Result<KeyInfo> info_of(const Row& row) {
  const auto kind = keys::parse_kind(row.kind);
  if (!kind) return fail(Code::kCorrupt, "a key in the database has an unknown kind");
  KeyInfo info = row.info;
  info.id = KeyId{row.id};
  info.kind = *kind;
  info.project_id = ProjectId{row.project_id};
  info.organization_id = OrganizationId{row.organization_id};
  info.created_at = from_unix_ms(row.created_unix_ms);
  if (row.last_used == soci::i_ok) info.last_used_at = from_unix_ms(row.last_used_unix_ms);
  if (row.revoked == soci::i_ok) info.revoked_at = from_unix_ms(row.revoked_unix_ms);
  return info;
}

// `condition` has one parameter for each of the values, in their order.
Result<std::vector<KeyInfo>> select_keys(soci::session& session, const std::string& condition,
                                         const std::vector<std::string>& values) {
  std::vector<KeyInfo> infos;
  Row row;
  soci::statement select{session};
  bind_row(select, row);
  for (const auto& value : values) select.exchange(soci::use(value));
  select.alloc();
  select.prepare(kSelect + condition);
  select.define_and_bind();
  select.execute();
  while (select.fetch()) {
    TG_TRY(auto info, info_of(row));
    infos.push_back(std::move(info));
  }
  return infos;
}

Result<KeyInfo> read_key(soci::session& session, const KeyId& id) {
  TG_TRY(auto found, select_keys(session, "WHERE k.id = :id", {id.text()}));
  if (found.empty()) return fail(Code::kNotFound, "there is no such key");
  return std::move(found.front());
}

std::string describe(const KeyInfo& info) {
  return nlohmann::json{{"kind", keys::name(info.kind)},
                        {"name", info.name},
                        {"redacted", info.redacted},
                        {"project_id", info.project_id.text()},
                        {"owner_id", info.owner_id}}
      .dump();
}

Result<void> check_new_key(const NewKey& key) {
  if (!is_display_name(key.name)) {
    return fail(Code::kFieldInvalid, "a key's name must be 1 to 256 bytes of plain text");
  }
  return {};
}

}  // namespace

Result<CreatedKey> create_key(store::Database& database, const NewKey& key, const Actor& actor,
                              WallTime now) {
  TG_TRY_DONE(check_new_key(key));
  CreatedKey created;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    TG_TRY(const auto owner, owner_of(session, key, now));
    const auto id = make_key_id();
    insert_key(session, id, key, owner, to_unix_ms(now));
    TG_TRY(created.info, read_key(session, id));
    return append_audit(session, actor,
                        {.action = "key.created",
                         .target = id.text(),
                         .organization_id = owner.organization_id,
                         .detail = describe(created.info)},
                        now);
  }));
  const auto& info = created.info;
  created.record = {.id = info.id,
                    .kind = info.kind,
                    .digest = key.digest,
                    .organization_id = info.organization_id,
                    .project_id = info.project_id,
                    .owner_id = info.owner_id};
  return created;
}

Result<std::vector<KeyInfo>> list_keys(store::Database& database, const KeyQuery& query) {
  std::string condition = "WHERE k.organization_id = :organization";
  std::vector<std::string> values{query.organization_id.text()};
  if (query.project_id) {
    condition += " AND k.project_id = :project";
    values.push_back(query.project_id->text());
  }
  if (!query.include_revoked) condition += " AND k.revoked_unix_ms IS NULL";
  // A negative LIMIT is none to SQLite.
  condition +=
      " ORDER BY k.created_unix_ms DESC, k.id LIMIT " + std::to_string(std::max(query.rows_max, 0));
  std::vector<KeyInfo> infos;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(infos, select_keys(session, condition, values));
    return {};
  }));
  return infos;
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
    return append_audit(session, actor,
                        {.action = "key.revoked",
                         .target = id.text(),
                         .organization_id = revoked.info.organization_id.text(),
                         .detail = nlohmann::json{{"reason", reason}}.dump()},
                        now);
  }));
  return revoked;
}

}  // namespace tg::identity
