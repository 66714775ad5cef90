// SPDX-License-Identifier: Apache-2.0
#include "ledger/rollup_fold.h"

#include <soci/soci.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <span>
#include <string>

#include "base/give_way.h"
#include "ledger/event_row.h"
#include "ledger/retention.h"
#include "ledger/rollup_blocks.h"
#include "store/statement.h"

namespace tg::ledger {
namespace {

using store::Statement;

// In one transaction.
constexpr int kBatchesAtOnce = 256;
constexpr std::size_t kBytesAtOnce = 64U << 20U;
constexpr int kPeriodsAtOnce = 16;
constexpr std::size_t kTurnsOfABatch = 16;

// A period's block is made so long after its end: what comes later is added to it when it comes,
// and each time its whole block is written.
constexpr Minute grace(Grain grain) {
  switch (grain) {
    case Grain::kHour: return 10;
    case Grain::kDay: return 60;
    case Grain::kMonth: return kDayMinutes;
    case Grain::kYear: return 2 * kDayMinutes;
    case Grain::kQuarter: break;
  }
  return 0;
}

// As `grain` in usage_due: quarters of a day whose minutes are kept no longer.
constexpr Grain kThinning = Grain::kQuarter;

Grain longer(Grain grain) { return static_cast<Grain>(static_cast<int>(grain) + 1); }
Grain shorter(Grain grain) { return static_cast<Grain>(static_cast<int>(grain) - 1); }

// By where they begin; their minutes count from there.
using Quarters = std::map<Minute, RollupTable>;

void add_to_quarters(const RollupTable& table, Quarters& quarters) {
  std::vector<std::uint32_t> order(table.rows());
  std::iota(order.begin(), order.end(), 0U);
  const auto minute_of_row = [&table](std::uint32_t row) { return table.minute_of_row(row); };
  std::ranges::sort(order, {},
                    [&](std::uint32_t row) { return std::pair{minute_of_row(row), row}; });
  for (std::span<const std::uint32_t> rest{order}; !rest.empty();) {
    const auto begin = period_begin(Grain::kQuarter, minute_of_row(rest.front()));
    const auto end = std::ranges::lower_bound(rest, begin + kQuarterMinutes, {}, minute_of_row);
    const auto rows = rest.first(static_cast<std::size_t>(end - rest.begin()));
    quarters[begin].add(table, {.from = begin}, rows);
    rest = rest.subspan(rows.size());
  }
}

struct Pending {
  std::string organization_id;
  EventId id;
};

class Folding {
 public:
  Folding(soci::session& session, Minute now) : session_{session}, now_{now} {}

  Result<Folded> run() {
    TG_TRY(const bool any, is_anything_due());
    if (!any) return folded_;
    // Whoever folds beside this one, on another node, waits here and sees what this one did.
    TG_TRY(auto lock,
           Statement::prepare(session_, "UPDATE usage_folding SET folds = folds + 1 WHERE id = 1"));
    TG_TRY_DONE(lock.run());
    TG_TRY_DONE(fold_pending());
    for (const auto grain : {Grain::kHour, Grain::kDay, Grain::kMonth, Grain::kYear}) {
      TG_TRY_DONE(for_each_due(grain, [&](const BlockPlace& place) { return make(place); }));
    }
    TG_TRY_DONE(for_each_due(kThinning, [&](const BlockPlace& place) { return thin(place); }));
    return folded_;
  }

  Result<void> fold_all_pending() {
    do {
      folded_ = {};
      TG_TRY_DONE(fold_pending());
    } while (folded_.more);
    return {};
  }

  Result<void> note_due(const BlockPlace& place, Minute due) {
    TG_TRY(auto insert,
           Statement::prepare(session_,
                              "INSERT INTO usage_due (grain, begin_minute, organization_id,"
                              " due_minute) VALUES (?, ?, ?, ?)"
                              " ON CONFLICT (organization_id, grain, begin_minute) DO NOTHING"));
    insert.bind(static_cast<std::int64_t>(place.grain));
    insert.bind(std::int64_t{place.begin});
    insert.bind(place.organization_id);
    insert.bind(std::int64_t{due});
    TG_TRY_DONE(insert.run());
    return {};
  }
  // The block of this period is made when it is over, unless it is there.
  Result<void> note_period(std::string_view organization_id, Grain grain, Minute minute) {
    const BlockPlace place{
        .organization_id = organization_id, .grain = grain, .begin = period_begin(grain, minute)};
    TG_TRY(const bool there, has_block(session_, place));
    if (there) return {};
    return note_due(place, period_end(grain, minute) + grace(grain));
  }

 private:
  Result<bool> is_anything_due() {
    TG_TRY(auto pending, Statement::prepare(session_, "SELECT epoch FROM usage_pending LIMIT 1"));
    TG_TRY(const bool any, pending.step());
    pending.restart();
    if (any) return true;
    TG_TRY(auto due, Statement::prepare(session_,
                                        "SELECT grain FROM usage_due WHERE grain IN (0,1,2,3,4) AND"
                                        " due_minute <= ? LIMIT 1"));
    due.bind(std::int64_t{now_});
    TG_TRY(const bool found, due.step());
    due.restart();
    return found;
  }

  Result<void> fold_pending() {
    std::map<std::string, Quarters> organizations;
    TG_TRY(const auto read, read_pending(organizations));
    for (auto& [organization_id, quarters] : organizations) {
      TG_TRY_DONE(add_to_blocks(organization_id, quarters));
    }
    TG_TRY(auto remove, Statement::prepare(session_,
                                           "DELETE FROM usage_pending WHERE organization_id = ?"
                                           " AND epoch = ? AND worker = ? AND sequence = ?"));
    for (const auto& pending : read) {
      remove.bind(pending.organization_id);
      remove.bind(std::int64_t{pending.id.epoch});
      remove.bind(std::int64_t{pending.id.worker});
      remove.bind(static_cast<std::int64_t>(pending.id.sequence));
      TG_TRY_DONE(remove.queue());
    }
    TG_TRY_DONE(remove.flush());
    folded_.batches = std::ssize(read);
    return {};
  }

  Result<std::vector<Pending>> read_pending(std::map<std::string, Quarters>& organizations) {
    TG_TRY(auto rows, Statement::prepare(session_,
                                         "SELECT organization_id, epoch, worker, sequence, data"
                                         " FROM usage_pending LIMIT " +
                                             std::to_string(kBatchesAtOnce + 1),
                                         Statement::Rows::kBytes));
    std::vector<Pending> read;
    std::size_t bytes = 0;
    for (;;) {
      TG_TRY(const bool row, rows.step());
      if (!row) return read;
      if (read.size() == kBatchesAtOnce || bytes > kBytesAtOnce) {
        folded_.more = true;
        rows.restart();
        return read;
      }
      read.push_back({.organization_id = std::string{rows.text(0)},
                      .id = {.epoch = static_cast<std::uint32_t>(rows.number(1)),
                             .worker = static_cast<std::uint16_t>(rows.number(2)),
                             .sequence = static_cast<std::uint64_t>(rows.number(3))}});
      bytes += rows.bytes(4).size();
      BlockReader reader;
      TG_TRY_DONE(reader.read(rows.bytes(4)));
      add_to_quarters(reader.finish(), organizations[read.back().organization_id]);
      give_way(kTurnsOfABatch);
    }
  }

  Result<void> add_to_blocks(std::string_view organization_id, Quarters& quarters) {
    for (const auto grain : {Grain::kHour, Grain::kDay, Grain::kMonth, Grain::kYear}) {
      TG_TRY_DONE(add_to_longer_blocks(organization_id, grain, quarters));
    }
    for (auto& [begin, table] : quarters) {
      const BlockPlace place{
          .organization_id = organization_id, .grain = Grain::kQuarter, .begin = begin};
      TG_TRY(auto block, load_block(session_, place));
      if (block) {
        block->add(table, {});
      } else {
        block = std::move(table);
      }
      TG_TRY_DONE(note_period(organization_id, Grain::kHour, begin));
      TG_TRY_DONE(save_block(session_, place, *block));
    }
    return {};
  }
  // Those that are there: the others are made from quarters one day.
  Result<void> add_to_longer_blocks(std::string_view organization_id, Grain grain,
                                    const Quarters& quarters) {
    for (auto quarter = quarters.begin(); quarter != quarters.end();) {
      const auto begin = period_begin(grain, quarter->first);
      const auto end = quarters.lower_bound(period_end(grain, begin));
      const BlockPlace place{.organization_id = organization_id, .grain = grain, .begin = begin};
      TG_TRY(auto block, load_block(session_, place));
      for (; quarter != end; ++quarter) {
        if (block) block->add(quarter->second, {.minutes = false});
      }
      if (!block) continue;
      TG_TRY_DONE(save_block(session_, place, *block));
    }
    return {};
  }

  template <class Act>
  Result<void> for_each_due(Grain grain, const Act& act) {
    struct Due {
      std::string organization_id;
      Minute begin = 0;
    };
    std::vector<Due> found;
    {
      TG_TRY(auto rows, Statement::prepare(session_,
                                           "SELECT organization_id, begin_minute FROM usage_due"
                                           " WHERE grain = ? AND due_minute <= ?"
                                           " ORDER BY due_minute LIMIT " +
                                               std::to_string(kPeriodsAtOnce)));
      rows.bind(static_cast<std::int64_t>(grain));
      rows.bind(std::int64_t{now_});
      for (;;) {
        TG_TRY(const bool row, rows.step());
        if (!row) break;
        found.push_back({.organization_id = std::string{rows.text(0)},
                         .begin = static_cast<Minute>(rows.number(1))});
      }
    }
    folded_.more = folded_.more || found.size() == kPeriodsAtOnce;
    for (const auto& due : found) {
      TG_TRY_DONE(act(
          BlockPlace{.organization_id = due.organization_id, .grain = grain, .begin = due.begin}));
    }
    return {};
  }

  Result<void> forget_due(const BlockPlace& place) {
    TG_TRY(auto remove, Statement::prepare(session_,
                                           "DELETE FROM usage_due WHERE organization_id = ? AND"
                                           " grain = ? AND begin_minute = ?"));
    remove.bind(place.organization_id);
    remove.bind(static_cast<std::int64_t>(place.grain));
    remove.bind(std::int64_t{place.begin});
    TG_TRY_DONE(remove.run());
    return {};
  }

  // Whether a shorter period in this one still waits for its block.
  Result<bool> is_too_early(const BlockPlace& place) {
    if (place.grain == Grain::kHour) return false;
    TG_TRY(auto rows, Statement::prepare(session_,
                                         "SELECT grain FROM usage_due WHERE organization_id = ? AND"
                                         " grain > 0 AND grain < ? AND begin_minute >= ? AND"
                                         " begin_minute < ? LIMIT 1"));
    rows.bind(place.organization_id);
    rows.bind(static_cast<std::int64_t>(place.grain));
    rows.bind(std::int64_t{place.begin});
    rows.bind(std::int64_t{period_end(place.grain, place.begin)});
    TG_TRY(const bool found, rows.step());
    rows.restart();
    return found;
  }

  Result<void> make(const BlockPlace& place) {
    TG_TRY(const bool too_early, is_too_early(place));
    if (too_early) {
      folded_.more = true;
      return {};
    }
    RollupTable table;
    const BlockRange parts{.organization_id = place.organization_id,
                           .grain = shorter(place.grain),
                           .from = place.begin,
                           .to = period_end(place.grain, place.begin)};
    TG_TRY_DONE(read_blocks(session_, parts, Cuboid::kAll, {},
                            [&table](Minute, const RollupTable& part) -> Result<void> {
                              table.add(part, {.minutes = false});
                              return {};
                            }));
    TG_TRY_DONE(save_block(session_, place, table));
    TG_TRY_DONE(forget_due(place));
    ++folded_.periods;
    if (place.grain == Grain::kDay) {
      TG_TRY_DONE(note_due(
          {.organization_id = place.organization_id, .grain = kThinning, .begin = place.begin},
          period_end(Grain::kDay, place.begin) + kMinutesKept));
    }
    if (place.grain == Grain::kYear) return {};
    return note_period(place.organization_id, longer(place.grain), place.begin);
  }

  Result<void> thin(const BlockPlace& day) {
    std::map<Minute, RollupTable> quarters;
    const BlockRange range{.organization_id = day.organization_id,
                           .grain = Grain::kQuarter,
                           .from = day.begin,
                           .to = period_end(Grain::kDay, day.begin)};
    TG_TRY_DONE(read_blocks(session_, range, Cuboid::kAll, {},
                            [&](Minute begin, const RollupTable& table) -> Result<void> {
                              quarters[begin].add(table, {.minutes = false});
                              return {};
                            }));
    for (const auto& [begin, table] : quarters) {
      TG_TRY_DONE(save_block(
          session_,
          {.organization_id = day.organization_id, .grain = Grain::kQuarter, .begin = begin},
          table));
    }
    return forget_due(day);
  }

  soci::session& session_;
  const Minute now_;
  Folded folded_;
};

// The quarters of one organization, from its events.
class Rebuilding {
 public:
  Rebuilding(soci::session& session, std::string organization_id, Minute from)
      : session_{session}, organization_id_{std::move(organization_id)}, from_{from} {}

  Result<void> run() {
    long long first_ms = 0;
    long long last_ms = 0;
    session_ << "SELECT COALESCE(MIN(admitted_ms), 0), COALESCE(MAX(admitted_ms), -1)"
                " FROM usage_events WHERE organization_id = :o",
        soci::use(organization_id_), soci::into(first_ms), soci::into(last_ms);
    if (last_ms < first_ms) return {};
    const auto last = minute_of(from_unix_ms(last_ms));
    const auto first = std::max(from_, minute_of(from_unix_ms(first_ms)));
    auto day = period_begin(Grain::kDay, first);
    for (; day <= last; day = period_end(Grain::kDay, day)) TG_TRY_DONE(add_day(day));
    return {};
  }

 private:
  Result<void> add_day(Minute day) {
    std::map<Minute, RollupTable> quarters;
    TG_TRY_DONE(read_events(day, quarters));
    Folding folding{session_, 0};
    for (const auto& [begin, table] : quarters) {
      TG_TRY_DONE(save_block(
          session_, {.organization_id = organization_id_, .grain = Grain::kQuarter, .begin = begin},
          table));
      TG_TRY_DONE(folding.note_period(organization_id_, Grain::kHour, begin));
    }
    return {};
  }

  Result<void> read_events(Minute day, std::map<Minute, RollupTable>& quarters) {
    TG_TRY(auto rows, Statement::prepare(session_, "SELECT " + column_list() +
                                                       " FROM usage_events WHERE"
                                                       " organization_id = ? AND admitted_ms >= ?"
                                                       " AND admitted_ms < ?"));
    rows.bind(organization_id_);
    rows.bind(to_unix_ms(begin_of(day)));
    rows.bind(to_unix_ms(begin_of(period_end(Grain::kDay, day))));
    for (;;) {
      TG_TRY(const bool more, rows.step());
      if (!more) return {};
      const auto event = read_event(rows);
      const auto minute = minute_of(event.admission.at);
      const auto quarter = period_begin(Grain::kQuarter, minute);
      quarters[quarter].add(minute - quarter, names_of(event), sums_of(event.settlement));
    }
  }

  soci::session& session_;
  std::string organization_id_;
  const Minute from_;  // a day's beginning
};

// Of all that was from this day on; the month and the year that it is in the middle of are made
// again from shorter periods.
Result<void> forget_blocks(soci::session& session, Minute from) {
  session << "UPDATE usage_folding SET rebuilt = 1 WHERE id = 1";
  session << "DELETE FROM usage_pending";
  for (const auto grain : kGrains) {
    const auto number = static_cast<long long>(grain);
    const long long from_minute = grain >= Grain::kMonth ? period_begin(grain, from) : from;
    for (const auto* table : {"usage_blocks", "usage_due"}) {
      session << std::string{"DELETE FROM "} + table + " WHERE grain = :g AND begin_minute >= :b",
          soci::use(number), soci::use(from_minute);
    }
  }
  return {};
}

Result<std::vector<std::string>> organizations_with_events(soci::session& session) {
  std::vector<std::string> ids;
  std::string id;
  soci::statement statement =
      (session.prepare << "SELECT DISTINCT organization_id FROM usage_events", soci::into(id));
  statement.execute();
  while (statement.fetch()) ids.push_back(id);
  return ids;
}

}  // namespace

void PendingSums::add(const UsageEvent& event) {
  const auto id = event.admission.organization_id.view();
  auto found = organizations_.find(id);
  if (found == organizations_.end()) {
    found = organizations_.try_emplace(std::string{id}).first;
    found->second.row.organization_id = id;
    found->second.row.first = event.id;
  }
  auto& [row, table] = found->second;
  const auto minute = minute_of(event.admission.at);
  row.from = std::min(row.from, minute);
  row.to = std::max(row.to, minute);
  table.add(minute, names_of(event), sums_of(event.settlement));
}

std::vector<PendingRow> PendingSums::rows() const {
  std::vector<PendingRow> rows;
  for (const auto& [id, organization] : organizations_) {
    rows.push_back(organization.row);
    rows.back().data = encode_whole(organization.table);
  }
  return rows;
}

Result<void> write_pending(soci::session& session, const std::vector<PendingRow>& rows) {
  if (rows.empty()) return {};
  TG_TRY(auto insert, Statement::prepare(session,
                                         "INSERT INTO usage_pending (organization_id, epoch,"
                                         " worker, sequence, from_minute, to_minute, data)"
                                         " VALUES (?, ?, ?, ?, ?, ?, ?)"));
  for (const auto& row : rows) {
    insert.bind(row.organization_id);
    insert.bind(std::int64_t{row.first.epoch});
    insert.bind(std::int64_t{row.first.worker});
    insert.bind(static_cast<std::int64_t>(row.first.sequence));
    insert.bind(std::int64_t{row.from});
    insert.bind(std::int64_t{row.to});
    insert.bind(std::span{row.data});
    TG_TRY_DONE(insert.run());
  }
  return {};
}

Result<Folded> fold_rollups(store::Database& database, WallTime now) {
  Folded folded;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    TG_TRY(folded, (Folding{session, minute_of(now)}.run()));
    return {};
  }));
  return folded;
}

Result<void> rebuild_rollups(store::Database& database) {
  return database.write([](soci::session& session) -> Result<void> {
    TG_TRY(const auto kept_from, calls_kept_from(session));
    const auto from = minute_of(kept_from);
    if (from > 0) {
      // What earlier calls came to stands in blocks alone, and some of it may be on its way there.
      TG_TRY_DONE((Folding{session, 0}.fold_all_pending()));
    }
    TG_TRY_DONE(forget_blocks(session, from));
    TG_TRY(const auto organizations, organizations_with_events(session));
    for (const auto& id : organizations) TG_TRY_DONE((Rebuilding{session, id, from}.run()));
    return {};
  });
}

Result<bool> are_rollups_built(store::Database& database) {
  long long rebuilt = 0;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    session << "SELECT rebuilt FROM usage_folding WHERE id = 1", soci::into(rebuilt);
    return {};
  }));
  return rebuilt != 0;
}

}  // namespace tg::ledger
