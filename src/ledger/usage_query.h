// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ledger/rollup.h"
#include "ledger/usage_event.h"
#include "store/database.h"

// What the ledger knows: usage by key, model and day, the last calls, and the targets that broke
// their word. Usage comes from the rollups, which the transfer keeps in the transaction that writes
// the events, so the two agree to the nano-dollar.
//
// Threading:  control threads; never a worker.
// Errors:     kDatabase, kCorrupt; kFieldInvalid: no such day, or too many.
namespace tg::ledger {

struct UsageTotals {
  std::int64_t calls = 0;
  std::int64_t interrupted = 0;
  std::int64_t input_tokens = 0;  // cached ones included
  std::int64_t cached_tokens = 0;
  std::int64_t output_tokens = 0;  // reasoning included
  std::int64_t images = 0;
  std::int64_t milliseconds = 0;  // of audio sent
  std::int64_t characters = 0;    // of text to be spoken
  NanoUsd charge;
  NanoUsd cost;
  NanoUsd would_have_cost;  // of test keys, which are charged nothing

  UsageTotals& operator+=(const UsageTotals& other);
  friend bool operator==(const UsageTotals&, const UsageTotals&) = default;
};

// The same in fewer words.
[[nodiscard]] UsageTotals totals_of(const Sums& sums);
// What one event adds.
[[nodiscard]] UsageTotals totals_of(const Settlement& settlement);

// "2026-11-24", UTC, of the instant of admission: a call belongs to the day on which it was let in.
[[nodiscard]] std::string day_of(WallTime admitted);

struct UsageRow {
  std::string key_id;
  std::string model;  // as asked for
  std::string day;
  UsageTotals totals;
};

struct UsageReport {
  UsageTotals totals;
  std::vector<UsageRow> rows;  // newest day first, then key, then model
};

// Both days are included; an empty one is open. No organization: all of them.
struct UsageRange {
  std::optional<std::string> organization_id;
  std::string from_day;
  std::string to_day;
};
[[nodiscard]] Result<UsageReport> query_usage(store::Database& database, const UsageRange& range);

// Nothing where the ledger does not have it, or not yet.
[[nodiscard]] Result<std::optional<UsageEvent>> find_call(store::Database& database,
                                                          const EventId& id);

// A model of a provider that once answered more than it was asked for: its calls are held at the
// model's limits from then on.
struct BrokenTarget {
  std::string provider_id;
  std::string upstream_model;
  WallTime since;
};
[[nodiscard]] Result<std::vector<BrokenTarget>> broken_targets(store::Database& database);

}  // namespace tg::ledger
