// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "store/database.h"

// Who changed what, and from where. Written in the transaction of the change itself, so neither
// stands without the other. Each organization has a chain of its own and the instance has one: an
// entry's hash covers the one before it, and a chain's head says how many there are, sealed with a
// key that is not in the database. What was edited, taken out, swapped or cut off shows
// (audit_verify.h). audit_query.h reads; docs/audit.md says what the events are.
//
// Threading:  any control thread.
// Limits:     detail ≤ 16 KiB.
// Secrets:    `detail` is JSON about the change; never a key, password, token or their digests, and
//             no e-mail address: people appear by their id, so that erasing one breaks no chain.
namespace tg::identity {

enum class ActorKind : std::uint8_t { kUser, kCli, kSystem, kKey };
[[nodiscard]] std::string_view name(ActorKind kind) noexcept;

struct Actor {
  ActorKind kind = ActorKind::kSystem;
  std::string id{};       // a user's or key's id; "uid:0" for the command line
  std::string address{};  // the peer's IP address; empty where there is none
  std::string user_id{};  // whose key it is; of a user, `id` is
};

struct AuditEntry {
  std::string action;             // "api_key.deleted": OpenAI's event type, or "tollgate.…"
  std::string target{};           // the changed thing's id
  std::string organization_id{};  // whose chain it is in; empty: the instance's
  // {"data":{…}} of what was made, {"changes_requested":{…},"before":{…}} of what was changed.
  std::string detail = "{}";
  std::string project_id{};  // where it happened in one; a target that is a project counts too
};

// Inside a Database::write(). May throw what SOCI throws; write() catches it.
[[nodiscard]] Result<void> append_audit(soci::session& session, const Actor& actor,
                                        const AuditEntry& entry, WallTime now);

struct AuditRecord {
  std::string chain;  // an organization's id; empty: the instance's
  std::int64_t sequence = 0;
  int chain_version = 2;  // which fields its hash covers
  WallTime at;
  Actor actor;
  AuditEntry entry;
  std::string previous_hash;
  std::string hash;
};

// "audit_log-<chain>-<sequence>": an entry's id, which never changes.
[[nodiscard]] std::string audit_id(const AuditRecord& record);

// The newest first, of all chains.
[[nodiscard]] Result<std::vector<AuditRecord>> list_audit(store::Database& database,
                                                          int rows_max = 1000);
// Recomputes all chains; how many entries they have. kCorrupt where one does not hold;
// check_audit() in audit_verify.h says which, and where.
[[nodiscard]] Result<std::int64_t> verify_audit(store::Database& database);

}  // namespace tg::identity
