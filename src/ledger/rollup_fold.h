// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "ledger/rollup_table.h"
#include "ledger/usage_event.h"
#include "store/database.h"

// How rollups come to be. A batch of calls is added up in memory and put down in the transaction
// that writes the calls, one row an organization (`usage_pending`). Later they are folded into the
// blocks of their quarters, and into those of longer periods that are there already; a period's
// block is made from the next shorter ones some time after it has ended. At each instant a call
// stands in one pending row or in one block of each grain that has a block for its time.
//
// Threading:  control threads; the database has one writer at a time.
// Errors:     kDatabase, kCorrupt; then nothing has changed.
namespace tg::ledger {

// What a batch adds to an organization's rollups.
struct PendingRow {
  std::string organization_id;
  EventId first;  // names the row
  Minute from = ~Minute{0};
  Minute to = 0;  // of its last minute
  std::vector<std::byte> data;
};
[[nodiscard]] Result<void> write_pending(soci::session& session,
                                         const std::vector<PendingRow>& rows);

class PendingSums {
 public:
  void add(const UsageEvent& event);
  [[nodiscard]] std::vector<PendingRow> rows() const;

 private:
  struct Organization {
    PendingRow row;  // without its data
    RollupTable table;
  };
  std::map<std::string, Organization, std::less<>> organizations_;
};

struct Folded {
  std::int64_t batches = 0;  // pending rows that are in blocks now
  std::int64_t periods = 0;  // that have a block of their own now
  bool more = false;         // there is more to do at once
};
// One bounded piece of it, in a transaction.
[[nodiscard]] Result<Folded> fold_rollups(store::Database& database, WallTime now);

// Makes all blocks anew from the events, which have to be there: after an upgrade, and for
// `tollgate ledger rebuild`.
[[nodiscard]] Result<void> rebuild_rollups(store::Database& database);
// Whether the blocks are there; false once after an upgrade.
[[nodiscard]] Result<bool> are_rollups_built(store::Database& database);

}  // namespace tg::ledger
