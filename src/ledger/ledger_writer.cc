// SPDX-License-Identifier: Apache-2.0
#include "ledger/ledger_writer.h"

#include <algorithm>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "ledger/batch_sums.h"
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

constexpr std::size_t kSlicesAtOnce = 64;
std::string add_slices_sql(std::size_t rows) {
  std::string sql{
      "INSERT INTO spend_slices (kind,id,model,begin_ms,charge,tokens,requests) VALUES"};
  for (std::size_t row = 0; row < rows; ++row)
    sql += row == 0 ? " (?,?,?,?,?,?,?)" : ",(?,?,?,?,?,?,?)";
  return sql +
         " ON CONFLICT (kind, id, model, begin_ms) DO UPDATE SET"
         " charge = spend_slices.charge + excluded.charge,"
         " tokens = spend_slices.tokens + excluded.tokens,"
         " requests = spend_slices.requests + excluded.requests";
}

class Transaction {
 public:
  Transaction(soci::session& session, std::size_t events)
      : session_{session}, sums_{events}, credit_{session} {}

  Result<void> write(const LedgerBatch& batch) {
    TG_TRY_DONE(add_events(batch.events));
    TG_TRY_DONE(rollups_.write(session_));
    TG_TRY_DONE(add_slices(sums_.slices()));
    TG_TRY_DONE(credit_.run());
    TG_TRY_DONE(mark_broken_targets());
    TG_TRY_DONE(write_objects(session_, batch));
    TG_TRY_DONE(set_positions(batch.positions));
    return raise_clock_floor();
  }

 private:
  Result<void> add_events(const std::vector<UsageEvent>& events) {
    TG_TRY(const auto is_new, find_new_events(session_, events));
    TG_TRY(auto insert, Statement::prepare_insert(session_, "usage_events", column_list()));
    for (std::size_t i = 0; i < events.size(); ++i) {
      if (!is_new[i]) continue;
      const auto row = to_row(events[i]);
      for (const auto number : row.numbers) insert.bind(number);
      for (const auto text : row.texts) insert.bind(text);
      TG_TRY_DONE(insert.queue());
      count(events[i]);
    }
    TG_TRY_DONE(insert.flush());
    return {};
  }

  void count(const UsageEvent& event) {
    const auto& admission = event.admission;
    const auto at_ms = to_unix_ms(admission.at);
    sums_.add(event);
    rollups_.add(event);
    credit_.add(event);
    latest_ms_ = std::max(latest_ms_, at_ms);
    if ((event.settlement.flags & flag(EventFlag::kOverBound)) == 0) return;
    const auto [target, added] =
        broken_.try_emplace({admission.provider_id, admission.upstream_model}, at_ms);
    if (!added) target->second = std::min(target->second, at_ms);
  }

  // Many rows a statement: what a statement costs by itself is more than what a row of it does.
  Result<void> add_slices(const std::vector<SliceRow>& rows) {
    std::span rest{rows};
    for (const std::size_t at_once : {kSlicesAtOnce, std::size_t{1}}) {
      if (rest.size() < at_once) continue;
      TG_TRY(auto upsert, Statement::prepare(session_, add_slices_sql(at_once)));
      while (rest.size() >= at_once) {
        for (const auto& row : rest.first(at_once)) bind(upsert, row);
        TG_TRY_DONE(upsert.queue());
        rest = rest.subspan(at_once);
      }
      TG_TRY_DONE(upsert.flush());
    }
    return {};
  }
  static void bind(Statement& upsert, const SliceRow& row) {
    upsert.bind(static_cast<std::int64_t>(row.by));
    upsert.bind(row.id);
    upsert.bind(row.model);
    for (const auto number : {row.begin_ms, row.charge, row.tokens, row.requests}) {
      upsert.bind(number);
    }
  }

  Result<void> mark_broken_targets() {
    if (broken_.empty()) return {};
    TG_TRY(auto insert,
           Statement::prepare(session_,
                              insert_sql("broken_targets", "provider_id,upstream_model,since_ms",
                                         " ON CONFLICT (provider_id, upstream_model) DO NOTHING")));
    for (const auto& [target, since_ms] : broken_) {
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

  Result<void> raise_clock_floor() {
    if (latest_ms_ == 0) return {};
    TG_TRY(auto upsert, Statement::prepare(
                            session_, insert_sql("clock_floor", "id,seen_ms",
                                                 " ON CONFLICT (id) DO UPDATE SET"
                                                 " seen_ms = excluded.seen_ms"
                                                 " WHERE excluded.seen_ms > clock_floor.seen_ms")));
    upsert.bind(1);
    upsert.bind(latest_ms_);
    TG_TRY_DONE(upsert.run());
    return {};
  }

  soci::session& session_;
  BatchSums sums_;
  PendingSums rollups_;
  CreditDrain credit_;
  std::map<std::pair<std::string_view, std::string_view>, std::int64_t> broken_;
  std::int64_t latest_ms_ = 0;
};

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

Result<void> write_ledger(store::Database& database, const LedgerBatch& batch) {
  return database.write([&batch](soci::session& session) {
    return Transaction{session, batch.events.size()}.write(batch);
  });
}

}  // namespace tg::ledger
