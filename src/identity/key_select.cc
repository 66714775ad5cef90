// SPDX-License-Identifier: Apache-2.0
#include "identity/key_select.h"

#include <soci/soci.h>

#include "base/encoding.h"

namespace tg::identity {
namespace {

std::optional<WallTime> time_or_none(long long unix_ms) {
  if (unix_ms < 0) return std::nullopt;
  return from_unix_ms(unix_ms);
}

// The columns of a KeyInfo as SQL gives them, and the order in which `into()` binds them. A time
// that is not there is -1.
struct Row {
  std::string id, kind, project_id, organization_id, parent_id, restrictions;
  KeyInfo info;
  long long created_unix_ms = 0;
  long long expires_unix_ms = 0;
  long long paused_unix_ms = 0;
  long long rotated_unix_ms = 0;
  long long last_used_unix_ms = 0;
  long long revoked_unix_ms = 0;
};

constexpr const char* kColumns =
    "SELECT k.id, k.kind, k.name, k.note, k.redacted, COALESCE(k.project_id, ''),"
    " COALESCE(p.name, ''), k.organization_id, COALESCE(k.user_id, k.service_account_id, ''),"
    " COALESCE(u.name, s.name, ''), COALESCE(k.parent_id, ''), k.restrictions, k.created_unix_ms,"
    " COALESCE(k.expires_unix_ms, -1), COALESCE(k.paused_unix_ms, -1),"
    " COALESCE(k.rotated_unix_ms, -1), COALESCE(k.last_used_unix_ms, -1), k.last_address,"
    " k.last_client, COALESCE(k.revoked_unix_ms, -1), k.revoke_reason, k.pause_reason";
constexpr const char* kFrom =
    " FROM api_keys k LEFT JOIN projects p ON p.id = k.project_id"
    " LEFT JOIN users u ON u.id = k.user_id"
    " LEFT JOIN service_accounts s ON s.id = k.service_account_id ";
// Keys end with their owner's membership: one without would be shown with the least of roles.
constexpr const char* kOwnerColumns =
    ", COALESCE(u.email, ''), COALESCE(m.role, 'reader'),"
    " COALESCE(m.created_unix_ms, u.created_unix_ms, 0)";
constexpr const char* kOwnerFrom =
    "LEFT JOIN memberships m ON m.organization_id = k.organization_id AND m.user_id = k.user_id ";

void bind_row(soci::statement& select, Row& row) {
  for (auto* text : {&row.id, &row.kind, &row.info.name, &row.info.note, &row.info.redacted,
                     &row.project_id, &row.info.project_name, &row.organization_id,
                     &row.info.owner_id, &row.info.owner_name, &row.parent_id, &row.restrictions}) {
    select.exchange(soci::into(*text));
  }
  for (auto* time : {&row.created_unix_ms, &row.expires_unix_ms, &row.paused_unix_ms,
                     &row.rotated_unix_ms, &row.last_used_unix_ms}) {
    select.exchange(soci::into(*time));
  }
  select.exchange(soci::into(row.info.last_address));
  select.exchange(soci::into(row.info.last_client));
  select.exchange(soci::into(row.revoked_unix_ms));
  select.exchange(soci::into(row.info.revoke_reason));
  select.exchange(soci::into(row.info.pause_reason));
}

Result<KeyInfo> info_of(const Row& row) {
  const auto kind = keys::parse_kind(row.kind);
  if (!kind) return fail(Code::kCorrupt, "a key in the database has an unknown kind");
  KeyInfo info = row.info;
  TG_TRY(info.restrictions, parse_restrictions(row.restrictions));
  info.id = KeyId{row.id};
  info.kind = *kind;
  info.project_id = ProjectId{row.project_id};
  info.organization_id = OrganizationId{row.organization_id};
  info.parent_id = KeyId{row.parent_id};
  info.created_at = from_unix_ms(row.created_unix_ms);
  info.expires_at = time_or_none(row.expires_unix_ms);
  info.paused_at = time_or_none(row.paused_unix_ms);
  info.rotated_at = time_or_none(row.rotated_unix_ms);
  info.last_used_at = time_or_none(row.last_used_unix_ms);
  info.revoked_at = time_or_none(row.revoked_unix_ms);
  return info;
}

struct OwnedRow {
  Row key;
  std::string email, role;
  long long added_unix_ms = 0;
};

void bind_row(soci::statement& select, OwnedRow& row) {
  bind_row(select, row.key);
  select.exchange(soci::into(row.email));
  select.exchange(soci::into(row.role));
  select.exchange(soci::into(row.added_unix_ms));
}

Result<OwnedKey> info_of(const OwnedRow& row) {
  OwnedKey owned;
  TG_TRY(owned.info, info_of(row.key));
  if (owned.info.kind == keys::KeyKind::kServiceAccount) return owned;
  owned.owner = Member{.id = UserId{owned.info.owner_id},
                       .organization_id = owned.info.organization_id,
                       .email = row.email,
                       .name = owned.info.owner_name,
                       .role = row.role,
                       .added_at = from_unix_ms(row.added_unix_ms)};
  return owned;
}

template <typename Row>
auto select_rows_of(soci::session& session, const std::string& query,
                    const std::vector<std::string>& values)
    -> Result<std::vector<typename decltype(info_of(Row{}))::value_type>> {
  std::vector<typename decltype(info_of(Row{}))::value_type> infos;
  Row row;
  soci::statement select{session};
  bind_row(select, row);
  for (const auto& value : values) select.exchange(soci::use(value));
  select.alloc();
  select.prepare(query);
  select.define_and_bind();
  select.execute();
  while (select.fetch()) {
    TG_TRY(auto info, info_of(row));
    infos.push_back(std::move(info));
  }
  return infos;
}

}  // namespace

Result<std::vector<KeyInfo>> select_keys(soci::session& session, const std::string& condition,
                                         const std::vector<std::string>& values) {
  return select_rows_of<Row>(session, std::string{kColumns} + kFrom + condition, values);
}

Result<std::vector<OwnedKey>> select_owned_keys(soci::session& session,
                                                const std::string& condition,
                                                const std::vector<std::string>& values) {
  return select_rows_of<OwnedRow>(
      session, std::string{kColumns} + kOwnerColumns + kFrom + kOwnerFrom + condition, values);
}

Result<KeyInfo> read_key(soci::session& session, const KeyId& id) {
  TG_TRY(auto found, select_keys(session, "WHERE k.id = :id", {id.text()}));
  if (found.empty()) return fail(Code::kNotFound, "there is no such key");
  return std::move(found.front());
}

Result<keys::Digest> parse_digest(std::string_view hex) {
  keys::Digest digest{};
  if (from_hex(hex, digest)) return digest;
  return fail(Code::kCorrupt, "a key in the database has a damaged digest");
}

Result<keys::KeyRecord> read_record(soci::session& session, const KeyInfo& info) {
  keys::KeyRecord record{.id = info.id,
                         .kind = info.kind,
                         .organization_id = info.organization_id,
                         .project_id = info.project_id,
                         .owner_id = info.owner_id,
                         .parent_id = info.parent_id,
                         .paused = info.paused_at.has_value(),
                         .rules = to_rules(info.restrictions)};
  if (info.expires_at) record.expires_unix_ms = to_unix_ms(*info.expires_at);
  std::string hex;
  session << "SELECT digest FROM api_keys WHERE id = :id", soci::use(info.id.text()),
      soci::into(hex);
  TG_TRY(const auto digest, parse_digest(hex));
  record.secrets.push_back({.digest = digest});

  // Those that have ended, too: that is what the key table may have to hear.
  long long ends_unix_ms = 0;
  soci::statement select =
      (session.prepare << "SELECT digest, ends_unix_ms FROM former_secrets WHERE key_id = :id"
                          " ORDER BY ends_unix_ms DESC, id LIMIT 20",
       soci::use(info.id.text()), soci::into(hex), soci::into(ends_unix_ms));
  select.execute();
  while (select.fetch()) {
    TG_TRY(const auto former, parse_digest(hex));
    record.secrets.push_back({.digest = former, .ends_unix_ms = ends_unix_ms});
  }
  return record;
}

}  // namespace tg::identity
