// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "base/result.h"
#include "ledger/journal_position.h"
#include "ledger/record.h"
#include "ledger/stored_object.h"
#include "ledger/usage_event.h"
#include "store/database.h"

// Writes settled calls into the ledger: events, rollups, slices, broken targets, objects that live
// upstream, work that goes on, the clock's floor and the journal's positions in one transaction. An
// event that is there already adds nothing, so writing a batch twice, wholly or in part, is
// harmless.
//
// Threading:  control threads; the database has one writer at a time.
// Errors:     kDatabase; then nothing of the batch was written.
namespace tg::ledger {

struct LedgerBatch {
  std::vector<UsageEvent> events;
  std::vector<StoredObject> objects;       // in their journal's order
  std::vector<OpenWork> works;             // that go on
  std::vector<EventId> ended_works;        // of `events`
  std::vector<JournalPosition> positions;  // up to where a worker's segments are in the ledger

  [[nodiscard]] std::size_t records() const noexcept {
    return events.size() + objects.size() + works.size();
  }
};

// The more events a transaction has, the more of them share a page of the rollups: at 30,000 calls
// a second this is a third of a second's.
inline constexpr std::size_t kBatchEventsMax = 10'000;

// A record that the ledger is told of: settled calls, objects, work that goes on or has ended.
// False where its payload cannot be read.
[[nodiscard]] bool add_to_batch(const Record& record, const EventId& id, LedgerBatch& batch);

[[nodiscard]] Result<void> write_ledger(store::Database& database, const LedgerBatch& batch);

}  // namespace tg::ledger
