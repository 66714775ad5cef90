// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <soci/soci.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/secret_bytes.h"
#include "identity/audit.h"

// How the audit log's rows lie in the database and what their hashes cover. For this room only.
//
// Threading:  that of the session.
// Errors:     may throw what SOCI throws.
namespace tg::identity {

// BLAKE2b-256 over every field with its length before it, so that no two rows read the same.
[[nodiscard]] std::string hash_of(const AuditRecord& record);

[[nodiscard]] ActorKind parse_actor_kind(std::string_view text) noexcept;

// The last entry of a chain, as the chain's head knows it.
struct AuditHead {
  std::string chain;
  long long entries = 0;
  std::string hash{};
  long long chains = 0;  // of the instance's head: how many organizations have a chain
  std::string mac{};     // empty: never sealed, or its chain was found broken when it grew
};

// A keyed hash, which only a holder of the key can make for another number or hash.
[[nodiscard]] std::string mac_of(const AuditHead& head, const SecretBytes& key);

[[nodiscard]] std::vector<AuditHead> read_heads(soci::session& session);

// The columns of a row, in the order in which bind_row() takes them.
inline constexpr const char* kAuditColumns =
    "chain, sequence, chain_version, at_unix_ms, actor_kind, actor_id, actor_user_id,"
    " actor_address, organization_id, project_id, action, target, detail, previous_hash, hash";

struct AuditRow {
  AuditRecord record;
  std::string actor_kind;
  long long sequence = 0;
  long long at_unix_ms = 0;

  void bind(soci::statement& select);
  // After a fetch.
  const AuditRecord& finish();
};

}  // namespace tg::identity
