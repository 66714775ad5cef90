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
// stands without the other. Each entry's hash covers the one before it: an entry that was edited or
// taken out of the middle shows.
//
// Threading:  any control thread.
// Limits:     detail ≤ 4 KiB.
// Secrets:    `detail` is JSON about the change; never a key, password, token or their digests.
namespace tg::identity {

enum class ActorKind : std::uint8_t { kUser, kCli, kSystem, kKey };
[[nodiscard]] std::string_view name(ActorKind kind) noexcept;

struct Actor {
  ActorKind kind = ActorKind::kSystem;
  std::string id{};       // a user's or key's id; "uid:0" for the command line
  std::string address{};  // the peer's IP address; empty where there is none
};

struct AuditEntry {
  std::string action;             // "key.revoked"
  std::string target{};           // the changed thing's id
  std::string organization_id{};  // empty: the instance itself
  std::string detail = "{}";
};

// Inside a Database::write(). May throw what SOCI throws; write() catches it.
[[nodiscard]] Result<void> append_audit(soci::session& session, const Actor& actor,
                                        const AuditEntry& entry, WallTime now);

struct AuditRecord {
  std::int64_t sequence = 0;
  WallTime at;
  Actor actor;  // its kind as written
  AuditEntry entry;
};
// The newest first.
[[nodiscard]] Result<std::vector<AuditRecord>> list_audit(store::Database& database,
                                                          int rows_max = 1000);
// Recomputes the chain; how many entries it has. kCorrupt where it does not hold.
[[nodiscard]] Result<std::int64_t> verify_audit(store::Database& database);

}  // namespace tg::identity
