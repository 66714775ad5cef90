// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/result.h"
#include "store/database.h"

// Calls are kept for as long as the operator says; what they come to stays for ever, in rollups and
// in what limits are rebuilt from.
//
// Threading:  control threads; the database has one writer at a time.
// Limits:     kCallsAtOnce calls in a transaction.
// Errors:     kDatabase.
namespace tg::ledger {

inline constexpr std::size_t kCallsAtOnce = 5'000;

struct RemovedCalls {
  std::int64_t calls = 0;
  bool more = false;
};
// Those that were let in before the day (UTC) that `before` is in, the oldest first.
[[nodiscard]] Result<RemovedCalls> remove_old_calls(store::Database& database, WallTime before);

// The instant from which no call has been removed; 1970 where none ever was.
[[nodiscard]] Result<WallTime> calls_kept_from(soci::session& session);

}  // namespace tg::ledger
