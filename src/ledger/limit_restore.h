// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <span>

#include "base/clock.h"
#include "base/result.h"
#include "ledger/spent.h"
#include "limits/limit.h"
#include "store/database.h"

// Brings limits to what the ledger says was used of them: at the server's start, where one is set
// while it runs, and to read them where none runs.
//
// Threading:  control threads.
// Errors:     kDatabase; the limits are then as they were.
namespace tg::ledger {

struct RestoredLimit {
  Spender spender;
  limits::Limit& limit;
};

// Adds what each spender used since its limit counts, all as of the same instant. Nothing for
// concurrency: the ledger knows no running call. Neither starts enforcing nor asks whether somebody
// calls meanwhile.
[[nodiscard]] Result<void> restore_limits(store::Database& database,
                                          std::span<const RestoredLimit> limits, WallTime now);
[[nodiscard]] Result<void> restore_limit(store::Database& database, const Spender& spender,
                                         limits::Limit& limit, WallTime now);

// No limit is restored in longer intervals than these.
[[nodiscard]] std::chrono::milliseconds restore_grain(limits::Period period) noexcept;
// In the metric's units.
[[nodiscard]] std::int64_t used(const Spent& spent, limits::Metric metric) noexcept;

}  // namespace tg::ledger
