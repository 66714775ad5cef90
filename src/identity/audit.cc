// SPDX-License-Identifier: Apache-2.0
#include "identity/audit.h"

#include <algorithm>

#include "base/log.h"
#include "identity/audit_chain.h"
#include "identity/audit_query.h"
#include "identity/audit_verify.h"

namespace tg::identity {
namespace {

constexpr std::size_t kDetailBytesMax = 16UL * 1024;

struct KnownHead {
  AuditHead head;
  bool is_new = false;
  bool is_sealed = false;  // its mac was made with our key; or it is the first ever
};

long long count_of(soci::session& session, const char* sql) {
  long long count = 0;
  session << sql, soci::into(count);
  return count;
}

// A mac that is missing is fine where nothing has been written since the migration, which could
// make none.
bool is_sealed(soci::session& session, const AuditHead& head, const SecretBytes& key) {
  if (!head.mac.empty()) return head.mac == mac_of(head, key);
  long long version = 0;
  session << "SELECT chain_version FROM audit_log WHERE chain = :chain AND sequence = :sequence",
      soci::use(head.chain), soci::use(head.entries), soci::into(version);
  return version == 1;
}

// The first entry ever is the set-up's: a log without heads in an instance with keys was emptied.
bool is_first_entry(soci::session& session) {
  return count_of(session, "SELECT count(*) FROM audit_heads") == 0 &&
         count_of(session, "SELECT count(*) FROM organizations") <= 1 &&
         count_of(session, "SELECT count(*) FROM api_keys") == 0;
}

KnownHead read_head(soci::session& session, const std::string& chain, const SecretBytes* key) {
  KnownHead known{.head = {.chain = chain}};
  auto& head = known.head;
  session << "SELECT entries, hash, chains, mac FROM audit_heads WHERE chain = :chain",
      soci::use(chain), soci::into(head.entries), soci::into(head.hash), soci::into(head.chains),
      soci::into(head.mac);
  known.is_new = !session.got_data();
  if (key == nullptr) return known;
  known.is_sealed = known.is_new ? is_first_entry(session) : is_sealed(session, head, *key);
  return known;
}

void write_head(soci::session& session, KnownHead& known, const SecretBytes* key) {
  auto& head = known.head;
  // Once broken, broken for good: a new seal would hide it.
  head.mac = key != nullptr && known.is_sealed ? mac_of(head, *key) : std::string{};
  session << "INSERT INTO audit_heads (chain, entries, hash, chains, mac)"
             " VALUES (:chain, :entries, :hash, :chains, :mac)"
             " ON CONFLICT (chain) DO UPDATE SET entries = excluded.entries, hash = excluded.hash,"
             " chains = excluded.chains, mac = excluded.mac",
      soci::use(head.chain), soci::use(head.entries), soci::use(head.hash), soci::use(head.chains),
      soci::use(head.mac);
}

// An organization's first entry is noted at the instance's head: a chain that is gone with its head
// is missed there.
bool start_chain(soci::session& session, const SecretBytes* key) {
  auto instance = read_head(session, {}, key);
  ++instance.head.chains;
  write_head(session, instance, key);
  return instance.is_sealed;
}

// Where the next entry goes, whatever somebody has done to the rows.
void find_end(soci::session& session, KnownHead& known) {
  long long last = 0;
  session << "SELECT COALESCE(max(sequence), 0) FROM audit_log WHERE chain = :chain",
      soci::use(known.head.chain), soci::into(last);
  if (last == known.head.entries) return;
  log(LogLevel::kError, "the audit log was changed: a chain's head and its entries do not agree",
      {{"chain", known.head.chain}, {"head", known.head.entries}, {"entries", last}});
  known.is_sealed = false;
  known.head.entries = std::max(known.head.entries, last);
}

void insert_row(soci::session& session, const AuditRecord& record) {
  const auto& entry = record.entry;
  const std::string actor_kind{name(record.actor.kind)};
  const long long sequence = record.sequence;
  const long long at_unix_ms = to_unix_ms(record.at);
  session << "INSERT INTO audit_log (chain, sequence, chain_version, at_unix_ms, actor_kind,"
             " actor_id, actor_user_id, actor_address, organization_id, project_id, action, target,"
             " detail, previous_hash, hash) VALUES (:chain, :sequence, :version, :at, :kind,"
             " :actor, :user, :address, :organization, :project, :action, :target, :detail,"
             " :previous, :hash)",
      soci::use(record.chain), soci::use(sequence), soci::use(record.chain_version),
      soci::use(at_unix_ms), soci::use(actor_kind), soci::use(record.actor.id),
      soci::use(record.actor.user_id), soci::use(record.actor.address),
      soci::use(entry.organization_id), soci::use(entry.project_id), soci::use(entry.action),
      soci::use(entry.target), soci::use(entry.detail), soci::use(record.previous_hash),
      soci::use(record.hash);
}

AuditRecord record_of(const Actor& actor, const AuditEntry& entry, WallTime now) {
  AuditRecord record;
  record.chain = entry.organization_id;
  record.at = from_unix_ms(to_unix_ms(now));
  record.actor = actor;
  record.entry = entry;
  if (actor.kind == ActorKind::kUser) record.actor.user_id = actor.id;
  if (entry.project_id.empty() && entry.target.starts_with("proj_")) {
    record.entry.project_id = entry.target;
  }
  return record;
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
    return fail(Code::kInternal, "an audit entry's detail is longer than 16 KiB");
  }
  const auto* key = store::Database::seal_key_of_write();
  auto record = record_of(actor, entry, now);
  auto known = read_head(session, record.chain, key);
  if (known.is_new && !record.chain.empty()) known.is_sealed = start_chain(session, key);
  find_end(session, known);

  record.sequence = known.head.entries + 1;
  record.previous_hash = known.head.hash;
  record.hash = hash_of(record);
  insert_row(session, record);
  known.head.entries = record.sequence;
  known.head.hash = record.hash;
  write_head(session, known, key);
  return {};
}

std::string audit_id(const AuditRecord& record) {
  return "audit_log-" + (record.chain.empty() ? "instance" : record.chain) + "-" +
         std::to_string(record.sequence);
}

Result<std::vector<AuditRecord>> list_audit(store::Database& database, int rows_max) {
  return find_audit(database, {.rows_max = rows_max});
}

Result<std::int64_t> verify_audit(store::Database& database) {
  TG_TRY(const auto report, check_audit(database));
  if (report.findings.empty()) return report.entries;
  return fail(Code::kCorrupt, "the audit log was changed after it was written");
}

}  // namespace tg::identity
