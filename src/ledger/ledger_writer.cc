// SPDX-License-Identifier: Apache-2.0
#include "ledger/ledger_writer.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "ledger/credit_drain.h"
#include "ledger/event_row.h"
#include "ledger/new_events.h"
#include "ledger/object_rows.h"
#include "ledger/rollup_fold.h"
#include "store/statement.h"

namespace tg::ledger {
namespace {

using store::insert_sql;
using store::Statement;

const std::string kSlices{"spend_slices"};
const std::string kSliceKeys{"kind,id,model,begin_ms"};
const std::string kSliceSums{"charge,tokens,requests"};

class Transaction {
 public:
  Transaction(soci::session& session, Care care)
      : session_{session}, care_{care}, credit_{session} {}

  // `all` is what all events of the batch add.
  Result<void> write(const LedgerBatch& batch, const BatchAdditions& all) {
    TG_TRY(const auto is_new, find_new_events(session_, batch.events));
    TG_TRY_DONE(add_events(batch.events, is_new));
    if (std::ranges::count(is_new, false) == 0) {
      TG_TRY_DONE(write(all));
    } else {
      TG_TRY_DONE(write(add_up(batch.events, is_new)));
    }
    TG_TRY_DONE(credit_.run());
    TG_TRY_DONE(write_objects(session_, batch));
    return set_positions(batch.positions);
  }

 private:
  Result<void> add_events(const std::vector<UsageEvent>& events, const std::vector<bool>& is_new) {
    TG_TRY(auto insert, Statement::prepare_insert(session_, "usage_events", column_list()));
    for (std::size_t i = 0; i < events.size(); ++i) {
      if (!is_new[i]) continue;
      const auto row = to_row(events[i]);
      for (const auto number : row.numbers) insert.bind(number);
      for (const auto text : row.texts) insert.bind(text);
      TG_TRY_DONE(insert.queue());
      credit_.add(events[i]);
    }
    TG_TRY_DONE(insert.flush());
    return {};
  }

  Result<void> write(const BatchAdditions& additions) {
    TG_TRY_DONE(write_pending(session_, additions.rollups));
    TG_TRY_DONE(add_slices(additions.slices));
    TG_TRY_DONE(mark_broken_targets(additions));
    return raise_clock_floor(additions.latest_ms);
  }

  Result<void> add_slices(const std::vector<SliceRow>& rows) {
    if (rows.empty()) return {};
    TG_TRY(const auto latest_ms, latest_call_ms());
    const auto is_new = [latest_ms](const SliceRow& row) { return row.begin_ms > latest_ms; };
    TG_TRY(auto insert,
           Statement::prepare_insert(session_, kSlices, kSliceKeys + "," + kSliceSums));
    for (const auto& row : rows) {
      if (is_new(row)) TG_TRY_DONE(queue(insert, row));
    }
    TG_TRY_DONE(insert.flush());
    TG_TRY(auto add, Statement::prepare_add(session_, kSlices, kSliceKeys, kSliceSums));
    for (const auto& row : rows) {
      if (!is_new(row)) TG_TRY_DONE(queue(add, row));
    }
    TG_TRY_DONE(add.flush());
    return {};
  }
  static Result<void> queue(Statement& statement, const SliceRow& row) {
    statement.bind(static_cast<std::int64_t>(row.by));
    statement.bind(row.id);
    statement.bind(row.model);
    for (const auto number : {row.begin_ms, row.charge, row.tokens, row.requests}) {
      statement.bind(number);
    }
    return statement.queue();
  }
  // No slice of the ledger begins after it.
  Result<std::int64_t> latest_call_ms() {
    if (care_ == Care::kCareful) return std::numeric_limits<std::int64_t>::max();
    TG_TRY(auto floor,
           Statement::prepare(session_, "SELECT seen_ms FROM clock_floor WHERE id = 1"));
    TG_TRY(const bool there, floor.step());
    const std::int64_t latest_ms = there ? floor.number(0) : -1;
    floor.restart();
    return latest_ms;
  }

  Result<void> mark_broken_targets(const BatchAdditions& additions) {
    if (additions.broken_targets.empty()) return {};
    TG_TRY(auto insert,
           Statement::prepare(session_,
                              insert_sql("broken_targets", "provider_id,upstream_model,since_ms",
                                         " ON CONFLICT (provider_id, upstream_model) DO NOTHING")));
    for (const auto& [target, since_ms] : additions.broken_targets) {
      insert.bind(target.first);
      insert.bind(target.second);
      insert.bind(since_ms);
      TG_TRY_DONE(insert.queue());
    }
    TG_TRY_DONE(insert.flush());
    return {};
  }

  Result<void> set_positions(const std::vector<JournalPosition>& positions) {
    TG_TRY(auto upsert,
           Statement::prepare(
               session_, insert_sql("journal_positions", "epoch,worker,segment,position",
                                    " ON CONFLICT (epoch, worker) DO UPDATE SET"
                                    " segment = excluded.segment, position = excluded.position")));
    for (const auto& position : positions) {
      upsert.bind(position.epoch);
      upsert.bind(position.worker);
      upsert.bind(static_cast<std::int64_t>(position.segment));
      upsert.bind(static_cast<std::int64_t>(position.offset));
      TG_TRY_DONE(upsert.queue());
    }
    TG_TRY_DONE(upsert.flush());
    return {};
  }

  Result<void> raise_clock_floor(std::int64_t latest_ms) {
    if (latest_ms == 0) return {};
    TG_TRY(auto upsert, Statement::prepare(
                            session_, insert_sql("clock_floor", "id,seen_ms",
                                                 " ON CONFLICT (id) DO UPDATE SET"
                                                 " seen_ms = excluded.seen_ms"
                                                 " WHERE excluded.seen_ms > clock_floor.seen_ms")));
    upsert.bind(1);
    upsert.bind(latest_ms);
    TG_TRY_DONE(upsert.run());
    return {};
  }

  soci::session& session_;
  const Care care_;
  CreditDrain credit_;
};

Result<void> write(store::Database& database, const LedgerBatch& batch,
                   const BatchAdditions& additions, Care care) {
  return database.write(
      [&](soci::session& session) { return Transaction{session, care}.write(batch, additions); });
}

}  // namespace

bool add_to_batch(const Record& record, const EventId& id, LedgerBatch& batch) {
  if (record.type == RecordType::kSettled) {
    auto settled = parse_settled(record.payload);
    if (!settled) return false;
    batch.events.push_back({.id = id,
                            .admission = std::move(settled->admission),
                            .settlement = std::move(settled->settlement)});
  } else if (record.type == RecordType::kSettledLate) {
    auto event = parse_settled_late(record);
    if (!event) return false;
    batch.ended_works.push_back(event->id);
    batch.events.push_back(*std::move(event));
  } else if (record.type == RecordType::kGoesOn) {
    auto work = parse_goes_on(record.payload);
    if (!work) return false;
    work->id = id;
    batch.works.push_back(*std::move(work));
  } else if (record.type == RecordType::kObject) {
    auto object = parse_object(record.payload);
    if (!object) return false;
    batch.objects.push_back(*std::move(object));
  }
  return true;
}

PreparedBatch::PreparedBatch(LedgerBatch batch)
    : batch_{std::move(batch)}, additions_{add_up(batch_.events)} {}

Result<void> write_ledger(store::Database& database, const PreparedBatch& prepared, Care care) {
  return write(database, prepared.batch(), prepared.additions(), care);
}

Result<void> write_ledger(store::Database& database, const LedgerBatch& batch, Care care) {
  return write(database, batch, add_up(batch.events), care);
}

}  // namespace tg::ledger
