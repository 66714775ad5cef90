// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/result.h"
#include "ledger/batch_additions.h"
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

// The more events a transaction has, the more of them share a row of the slices and a sync: at
// 60,000 calls a second this is a third of a second's.
inline constexpr std::size_t kBatchEventsMax = 20'000;

// A record that the ledger is told of: settled calls, objects, work that goes on or has ended.
// False where its payload cannot be read.
[[nodiscard]] bool add_to_batch(const Record& record, const EventId& id, LedgerBatch& batch);

// A batch and what it adds to rollups and slices, which is worked out here: so much of the work
// needs no database, and is done while the database has the batch before.
class PreparedBatch {
 public:
  explicit PreparedBatch(LedgerBatch batch);
  PreparedBatch(PreparedBatch&&) noexcept = default;
  PreparedBatch& operator=(PreparedBatch&&) noexcept = default;
  PreparedBatch(const PreparedBatch&) = delete;
  PreparedBatch& operator=(const PreparedBatch&) = delete;
  ~PreparedBatch() = default;

  [[nodiscard]] const LedgerBatch& batch() const noexcept { return batch_; }
  [[nodiscard]] const BatchAdditions& additions() const noexcept { return additions_; }

 private:
  LedgerBatch batch_;
  BatchAdditions additions_;  // of all its events
};

// Slices that begin after the latest call that the ledger has are new, and cost half of what those
// cost that may be there. Whoever was refused tries again with kCareful, which believes nothing.
enum class Care : std::uint8_t { kUsual, kCareful };
[[nodiscard]] Result<void> write_ledger(store::Database& database, const PreparedBatch& prepared,
                                        Care care = Care::kUsual);
[[nodiscard]] Result<void> write_ledger(store::Database& database, const LedgerBatch& batch,
                                        Care care = Care::kUsual);

}  // namespace tg::ledger
