// SPDX-License-Identifier: Apache-2.0
#include "ledger/retention.h"

#include <chrono>
#include <optional>

#include "ledger/usage_event.h"
#include "store/statement.h"

namespace tg::ledger {
namespace {

using store::Statement;

// A worker's calls of an epoch: their sequence is the order in which they were let in, so the
// oldest stand first and no index by time is needed.
struct Journal {
  long long epoch = 0;
  long long worker = -1;
};

class Removal {
 public:
  Removal(soci::session& session, std::int64_t before_ms)
      : session_{session}, before_ms_{before_ms} {}

  Result<RemovedCalls> run() {
    Journal journal;
    std::optional<long long> epoch_without_old;
    for (;;) {
      TG_TRY(const auto next, next_journal(journal));
      // Epochs follow each other in time; the workers of one do not.
      if (!next || (epoch_without_old && next->epoch > *epoch_without_old)) return removed_;
      journal = *next;
      TG_TRY(const auto end, end_of_old(journal));
      if (end.calls == 0) {
        epoch_without_old = journal.epoch;
        continue;
      }
      TG_TRY_DONE(mark());
      TG_TRY_DONE(remove(journal, end.sequence));
      removed_.calls += end.calls;
      removed_.more = true;  // perhaps; the next step looks again
      return removed_;
    }
  }

 private:
  struct End {
    std::int64_t calls = 0;
    std::int64_t sequence = 0;  // of the last one
  };

  Result<std::optional<Journal>> next_journal(const Journal& after) {
    TG_TRY(auto rows, Statement::prepare(session_,
                                         "SELECT epoch, worker FROM usage_events WHERE epoch > ?"
                                         " OR (epoch = ? AND worker > ?)"
                                         " ORDER BY epoch, worker LIMIT 1"));
    rows.bind(std::int64_t{after.epoch});
    rows.bind(std::int64_t{after.epoch});
    rows.bind(std::int64_t{after.worker});
    TG_TRY(const bool row, rows.step());
    std::optional<Journal> found;
    if (row) found = Journal{.epoch = rows.number(0), .worker = rows.number(1)};
    rows.restart();
    return found;
  }

  Result<End> end_of_old(const Journal& journal) {
    TG_TRY(auto rows, Statement::prepare(session_,
                                         "SELECT sequence, admitted_ms FROM usage_events WHERE"
                                         " epoch = ? AND worker = ? ORDER BY sequence LIMIT " +
                                             std::to_string(kCallsAtOnce)));
    rows.bind(std::int64_t{journal.epoch});
    rows.bind(std::int64_t{journal.worker});
    End end;
    for (;;) {
      TG_TRY(const bool row, rows.step());
      if (!row) return end;
      if (rows.number(1) >= before_ms_) break;
      end.sequence = rows.number(0);
      ++end.calls;
    }
    rows.restart();
    return end;
  }

  Result<void> mark() {
    TG_TRY(auto update, Statement::prepare(session_,
                                           "UPDATE usage_folding SET calls_from_ms = ?"
                                           " WHERE calls_from_ms < ?"));
    update.bind(before_ms_);
    update.bind(before_ms_);
    TG_TRY_DONE(update.run());
    return {};
  }

  Result<void> remove(const Journal& journal, std::int64_t last) {
    TG_TRY(auto remove, Statement::prepare(session_,
                                           "DELETE FROM usage_events WHERE epoch = ? AND"
                                           " worker = ? AND sequence <= ?"));
    remove.bind(std::int64_t{journal.epoch});
    remove.bind(std::int64_t{journal.worker});
    remove.bind(last);
    TG_TRY_DONE(remove.run());
    return {};
  }

  soci::session& session_;
  const std::int64_t before_ms_;
  RemovedCalls removed_;
};

}  // namespace

Result<RemovedCalls> remove_old_calls(store::Database& database, WallTime before) {
  const auto day = std::chrono::floor<std::chrono::days>(before);
  RemovedCalls removed;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    TG_TRY(removed, (Removal{session, to_unix_ms(WallTime{day})}.run()));
    return {};
  }));
  return removed;
}

Result<WallTime> calls_kept_from(soci::session& session) {
  TG_TRY(auto rows, Statement::prepare(session, "SELECT calls_from_ms FROM usage_folding"));
  TG_TRY(const bool row, rows.step());
  const auto from = row ? from_unix_ms(rows.number(0)) : WallTime{};
  rows.restart();
  return from;
}

}  // namespace tg::ledger
