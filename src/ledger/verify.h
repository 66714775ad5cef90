// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "ledger/disk.h"
#include "ledger/spent.h"
#include "limits/credit_limit.h"
#include "limits/rule.h"
#include "store/database.h"

// Proves that journal, events, rollups, slices, clock, positions and limits agree to the
// nano-dollar, and names the first difference. It reads, and changes nothing.
//
// In this order: epochs and positions are possible; each settled record in the segments that are
// still there stands in the ledger field for field if it lies before its worker's position, and not
// at all beyond it; no event contradicts itself; the rollups and the slices are the sums of the
// events, in both directions; each grant of credit and each call that was paid with it is the sum
// of their entries, and a running server lets calls take what is left of each; each live limit has
// spent what its spender did.
//
// Threading:  a control thread. On a running server inside Transfer::at_cut(), or the ledger moves
//             while it is read.
// Limits:     `sums_max` rows of each table of sums in memory, whatever the ledger's size: where it
//             has more, the events are read once for each part of them.
// Errors:     kDatabase, kIo: it could not be told. A difference is no error.
namespace tg::ledger {

// A running server's counter at the cut.
struct LiveReading {
  Spender spender;
  limits::Rule rule;
  WallTime counts_from;  // Limit::counts_from() at the instant of the reading
  std::int64_t spent = 0;
};

struct VerifyOptions {
  std::filesystem::path journal_folder;
  std::vector<LiveReading> live{};
  std::optional<std::vector<limits::CreditGrant>> live_credit{};  // nothing: no server runs
  bool running = false;  // the newest epoch's journals are being written
  Disk* disk = &real_disk();
  std::int64_t sums_max = 500'000;  // of each table, in memory: about 100 MB
};

struct Difference {
  std::string what;      // "charge of call_1-0-42"
  std::string expected;  // "600 (00000001-000-00000000.journal, byte 4096)"
  std::string found;     // "601 (usage_events)"

  friend bool operator==(const Difference&, const Difference&) = default;
};

// How much was looked at, up to the first difference.
struct VerifyReport {
  std::int64_t journal_records = 0;  // settled calls in the segments
  std::int64_t awaiting = 0;         // of them, those that the transfer has not reached yet
  std::int64_t events = 0;
  std::int64_t rollups = 0;
  std::int64_t slices = 0;
  std::int64_t limits = 0;
  std::optional<Difference> difference;
};

[[nodiscard]] Result<VerifyReport> verify_ledger(store::Database& database,
                                                 const VerifyOptions& options);

}  // namespace tg::ledger
