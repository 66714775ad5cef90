// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "ledger/usage_event.h"
#include "store/database.h"

// Writes settled calls into the ledger: events, rollups, slices, broken targets, the
// clock's floor and the journal's positions in one transaction. An event that is there already adds
// nothing, so writing a batch twice, wholly or in part, is harmless.
//
// Threading:  control threads; the database has one writer at a time.
// Errors:     kDatabase; then nothing of the batch was written.
namespace tg::ledger {

// Up to where a worker's segments are in the ledger.
struct JournalPosition {
  std::uint32_t epoch = 0;
  std::uint16_t worker = 0;
  std::uint64_t segment = 0;
  std::uint64_t offset = 0;
};

struct LedgerBatch {
  std::vector<UsageEvent> events;
  std::vector<JournalPosition> positions;
};

// The more events a transaction has, the more of them share a page of the rollups: at 30,000 calls
// a second this is a third of a second's.
inline constexpr std::size_t kBatchEventsMax = 10'000;

[[nodiscard]] Result<void> write_ledger(store::Database& database, const LedgerBatch& batch);

}  // namespace tg::ledger
