// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "identity/audit.h"
#include "identity/audit_chain.h"

// Reads the audit log: the newest first and filtered, or a chain from its beginning.
//
// Threading:  any control thread.
// Order:      by time, then by place in the chain. It never changes, so pages lose and repeat
//             nothing while new entries arrive.
// Cost:       rows come from an index in this order; a filter that few entries pass is asked of
//             the index for targets, actors or types (audit_bench).
namespace tg::identity {

struct AuditFilter {
  // Nothing: everyone's, and the instance's own. "": the instance's own alone.
  std::optional<std::string> organization_id{};
  std::optional<std::int64_t> from_unix_ms{};  // inclusive
  std::optional<std::int64_t> to_unix_ms{};    // exclusive
  // Any of each, where there is one.
  std::vector<std::string> project_ids{};
  std::vector<std::string> actions{};
  std::vector<std::string> actor_ids{};  // keys, users (through their keys too), "uid:0"
  std::vector<std::string> user_ids{};   // users alone
  std::vector<std::string> targets{};
  // Older than `after`, newer than `before`: the nearest of those.
  std::optional<AuditRecord> after{};
  std::optional<AuditRecord> before{};
  int rows_max = 100;
};

[[nodiscard]] Result<std::vector<AuditRecord>> find_audit(store::Database& database,
                                                          const AuditFilter& filter);

// By audit_id(). kNotFound: no such entry, or another organization's.
[[nodiscard]] Result<AuditRecord> find_audit_entry(store::Database& database, std::string_view id,
                                                   const std::optional<std::string>& organization);

// Of all chains, in the order of their names.
[[nodiscard]] Result<std::vector<AuditHead>> list_audit_heads(store::Database& database);

// The entries of a chain behind `after_sequence`, oldest first.
[[nodiscard]] Result<std::vector<AuditRecord>> read_audit_chain(store::Database& database,
                                                                const std::string& chain,
                                                                std::int64_t after_sequence,
                                                                int rows_max);

// Addresses of people and names of projects stand outside of the chains: what there is of them now.
struct AuditNames {
  std::string email;         // of the acting user; empty: erased, or none
  std::string project_name;  // empty: none
};
[[nodiscard]] Result<std::vector<AuditNames>> names_for_audit(
    store::Database& database, const std::vector<AuditRecord>& records);

}  // namespace tg::identity
