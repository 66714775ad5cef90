// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include "base/result.h"
#include "ledger/usage_event.h"
#include "limits/calendar.h"
#include "simulation/world.h"
#include "store/database.h"

// What must be true, from a plain list of calls: who was charged what, kept apart from the code
// under test.
//
// Threading:  one thread.
namespace tg::simulation {

// What is known of a stream's output by the journal's notes of it.
struct Notes {
  int count = 0;
  std::int64_t bytes = 0;               // at the last one
  std::int64_t bytes_at_last_sure = 0;  // at the last of those that are all written
};

struct KnownCall {
  std::int64_t number = 0;
  ledger::EventId id;
  ledger::Admission admission;
  std::int64_t output_max = 0;    // tokens
  std::int64_t output_price = 0;  // nano-dollars per million
  bool sent = false;
  bool settled = false;
  bool sent_synced = false;
  bool settled_synced = false;
  Notes notes;
  Notes notes_synced;
  // Once settled, or found interrupted in the ledger.
  bool counted = false;
  bool in_ledger = false;  // was seen there: it stays as it is
  ledger::Outcome outcome{};
  std::int64_t charge = 0;
  std::int64_t tokens = 0;

  [[nodiscard]] bool holds() const { return !settled && !counted && !admission.test; }
  [[nodiscard]] std::int64_t used(limits::Metric metric) const;
};

struct LedgerRow {
  std::int64_t charge = 0;
  std::int64_t tokens = 0;
  ledger::Outcome outcome{};
  std::int64_t admitted_ms = 0;
  friend bool operator==(const LedgerRow&, const LedgerRow&) = default;
};
using LedgerRows = std::map<ledger::EventId, LedgerRow>;
[[nodiscard]] Result<LedgerRows> read_rows(store::Database& database);
// Empty where events, rollups and slices agree.
[[nodiscard]] std::string first_disagreement(store::Database& database);

// kRunning: not ended; what is there already must be right.
enum class End : std::uint8_t { kRunning, kKilled, kPowerLost };

class Oracle {
 public:
  KnownCall& add(const ledger::EventId& id, const ledger::Admission& admission);
  [[nodiscard]] std::deque<KnownCall>& calls() { return calls_; }
  [[nodiscard]] std::int64_t next_number() const {
    return static_cast<std::int64_t>(calls_.size());
  }
  void on_sync(std::int64_t first);

  // What the calls that were admitted in [from, to) were charged of what this rule counts.
  [[nodiscard]] std::int64_t used(const PlacedRule& placed, WallTime from, WallTime to) const;

  // Whether the ledger is what it must be after the calls from `first` on ended so: nothing, or
  // what is wrong. Learns from it what interrupted calls were charged.
  [[nodiscard]] std::string compare(const LedgerRows& rows, std::int64_t first, End end);

 private:
  [[nodiscard]] static std::string judge(KnownCall& call, const LedgerRow* row, End end);
  [[nodiscard]] static std::string judge_interrupted(const KnownCall& call, const LedgerRow& row,
                                                     const Notes& least);

  std::deque<KnownCall> calls_;
};

// The period that `now` is in, by this file's own calendar for UTC.
[[nodiscard]] limits::Interval period_of(const limits::Rule& rule, WallTime now);

}  // namespace tg::simulation
