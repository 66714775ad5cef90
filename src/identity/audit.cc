// SPDX-License-Identifier: Apache-2.0
#include "identity/audit.h"

#include <soci/soci.h>

#include <initializer_list>

#include "identity/token.h"

namespace tg::identity {
namespace {

constexpr std::size_t kDetailBytesMax = 4096;

// One row of the log, as its hash covers it.
struct Row {
  long long sequence = 0;
  long long at_unix_ms = 0;
  std::string actor_kind;
  Actor actor;
  AuditEntry entry;
  std::string previous_hash;
};

// Every field with its length before it, so that no two rows read the same.
std::string hash_of(const Row& row) {
  std::string text;
  const auto add = [&text](std::string_view field) {
    text.append(std::to_string(field.size())).append(":").append(field);
  };
  add(row.previous_hash);
  add(std::to_string(row.sequence));
  add(std::to_string(row.at_unix_ms));
  add(row.actor_kind);
  add(row.actor.id);
  add(row.actor.address);
  add(row.entry.organization_id);
  add(row.entry.action);
  add(row.entry.target);
  add(row.entry.detail);
  return hash_text(text);
}

ActorKind parse_actor_kind(std::string_view text) {
  if (text == name(ActorKind::kUser)) return ActorKind::kUser;
  if (text == name(ActorKind::kCli)) return ActorKind::kCli;
  if (text == name(ActorKind::kKey)) return ActorKind::kKey;
  return ActorKind::kSystem;
}

// Calls `visit(row, hash)` for each row in the given order.
template <typename Visit>
void for_each_row(soci::session& session, const char* order, const Visit& visit) {
  Row row;
  std::string hash;
  soci::statement select =
      (session.prepare << "SELECT sequence, at_unix_ms, actor_kind, actor_id, actor_address,"
                          " organization_id, action, target, detail, previous_hash, hash"
                          " FROM audit_log ORDER BY sequence "
                       << order,
       soci::into(row.sequence), soci::into(row.at_unix_ms), soci::into(row.actor_kind),
       soci::into(row.actor.id), soci::into(row.actor.address),
       soci::into(row.entry.organization_id), soci::into(row.entry.action),
       soci::into(row.entry.target), soci::into(row.entry.detail), soci::into(row.previous_hash),
       soci::into(hash));
  select.execute();
  while (select.fetch()) {
    row.actor.kind = parse_actor_kind(row.actor_kind);
    visit(row, hash);
  }
}

}  // namespace

std::string_view name(ActorKind kind) noexcept {
  switch (kind) {
    case ActorKind::kUser: return "user";
    case ActorKind::kCli: return "cli";
    case ActorKind::kSystem: return "system";
    case ActorKind::kKey: return "key";
  }
  return "system";
}

Result<void> append_audit(soci::session& session, const Actor& actor, const AuditEntry& entry,
                          WallTime now) {
  if (entry.detail.size() > kDetailBytesMax) {
    return fail(Code::kInternal, "an audit entry's detail is longer than 4 KiB");
  }
  Row row;
  row.actor_kind = name(actor.kind);
  row.actor = actor;
  row.entry = entry;
  row.at_unix_ms = to_unix_ms(now);
  session << "SELECT sequence, hash FROM audit_log ORDER BY sequence DESC LIMIT 1",
      soci::into(row.sequence), soci::into(row.previous_hash);
  ++row.sequence;
  const auto hash = hash_of(row);
  session << "INSERT INTO audit_log (sequence, at_unix_ms, actor_kind, actor_id, actor_address,"
             " organization_id, action, target, detail, previous_hash, hash)"
             " VALUES (:sequence, :at, :kind, :actor, :address, :organization, :action, :target,"
             " :detail, :previous, :hash)",
      soci::use(row.sequence), soci::use(row.at_unix_ms), soci::use(row.actor_kind),
      soci::use(row.actor.id), soci::use(row.actor.address), soci::use(row.entry.organization_id),
      soci::use(row.entry.action), soci::use(row.entry.target), soci::use(row.entry.detail),
      soci::use(row.previous_hash), soci::use(hash);
  return {};
}

Result<std::vector<AuditRecord>> list_audit(store::Database& database, int rows_max) {
  std::vector<AuditRecord> records;
  const auto order = "DESC LIMIT " + std::to_string(rows_max);
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    for_each_row(session, order.c_str(), [&](const Row& row, const std::string&) {
      records.push_back({row.sequence, from_unix_ms(row.at_unix_ms), row.actor, row.entry});
    });
    return {};
  }));
  return records;
}

Result<std::int64_t> verify_audit(store::Database& database) {
  std::int64_t count = 0;
  bool whole = true;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    std::string previous_hash;
    for_each_row(session, "ASC", [&](const Row& row, const std::string& hash) {
      ++count;
      whole = whole && row.sequence == count && row.previous_hash == previous_hash &&
              hash_of(row) == hash;
      previous_hash = hash;
    });
    return {};
  }));
  if (!whole) return fail(Code::kCorrupt, "the audit log was changed after it was written");
  return count;
}

}  // namespace tg::identity
