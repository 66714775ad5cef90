// SPDX-License-Identifier: Apache-2.0
#include "ledger/ledger_writer.h"

#include <fmt/format.h>
#include <soci/soci.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "ledger/event_row.h"
#include "ledger/spent.h"
#include "ledger/usage_query.h"

namespace tg::ledger {
namespace {

// One prepared statement whose parameters are bound by position to variables that stay.
class Prepared {
 public:
  explicit Prepared(soci::session& session) : statement_{session} {}

  template <typename Value>
  void bind(Value& value) {
    statement_.exchange(soci::use(value));
    ++count_;
  }

  // `sql` ends where the list of values begins.
  void prepare(const std::string& sql, const char* rest) {
    std::string text = sql + " VALUES (";
    for (int i = 0; i < count_; ++i) text += fmt::format("{}:v{}", i == 0 ? "" : ",", i);
    text.append(")").append(rest);
    statement_.alloc();
    statement_.prepare(text);
    statement_.define_and_bind();
  }

  // How many rows changed.
  long long run() {
    statement_.execute(true);
    return statement_.get_affected_rows();
  }

 private:
  soci::statement statement_;
  int count_ = 0;
};

constexpr const char* kAddToRollup =
    " ON CONFLICT (organization_id, day, project_id, key_id, model) DO UPDATE SET"
    " calls = usage_rollups.calls + excluded.calls,"
    " interrupted = usage_rollups.interrupted + excluded.interrupted,"
    " input_tokens = usage_rollups.input_tokens + excluded.input_tokens,"
    " cached_tokens = usage_rollups.cached_tokens + excluded.cached_tokens,"
    " output_tokens = usage_rollups.output_tokens + excluded.output_tokens,"
    " images = usage_rollups.images + excluded.images,"
    " milliseconds = usage_rollups.milliseconds + excluded.milliseconds,"
    " characters = usage_rollups.characters + excluded.characters,"
    " charge = usage_rollups.charge + excluded.charge,"
    " cost = usage_rollups.cost + excluded.cost,"
    " would_have_cost = usage_rollups.would_have_cost + excluded.would_have_cost";

class Transaction {
 public:
  explicit Transaction(soci::session& session) : session_{session} {}

  void write(const LedgerBatch& batch) {
    add_events(batch.events);
    add_rollups();
    add_slices();
    mark_broken_targets();
    set_positions(batch.positions);
    raise_clock_floor();
  }

 private:
  void add_events(const std::vector<UsageEvent>& events) {
    EventRow row;
    Prepared insert{session_};
    for (auto& number : row.numbers) insert.bind(number);
    for (auto& text : row.texts) insert.bind(text);
    insert.prepare("INSERT INTO usage_events (" + column_list() + ")",
                   " ON CONFLICT (epoch, worker, sequence) DO NOTHING");
    for (const auto& event : events) {
      to_row(event, row);
      if (insert.run() == 1) count(event);
    }
  }

  void count(const UsageEvent& event) {
    const auto& admission = event.admission;
    const auto& settlement = event.settlement;
    latest_ms_ = std::max<long long>(latest_ms_, to_unix_ms(admission.at));
    rollups_[{admission.organization_id, day_of(admission.at), admission.project_id,
              admission.key_id, admission.model}] += totals_of(event.settlement);
    for (auto& spender : spenders_of(admission)) {
      auto& slice = slices_[{std::move(spender), to_unix_ms(slice_of(admission.at))}];
      slice[0] += settlement.charge.count();
      slice[1] += tokens_of(settlement.usage);
      ++slice[2];
    }
    if ((settlement.flags & flag(EventFlag::kOverBound)) != 0) {
      const auto [broken, added] = broken_.try_emplace(
          {admission.provider_id, admission.upstream_model}, to_unix_ms(admission.at));
      if (!added) broken->second = std::min(broken->second, to_unix_ms(admission.at));
    }
  }

  void add_rollups() {
    std::array<std::string, 5> names;
    std::array<long long, 11> sums{};
    Prepared upsert{session_};
    for (auto& name : names) upsert.bind(name);
    for (auto& sum : sums) upsert.bind(sum);
    upsert.prepare(
        "INSERT INTO usage_rollups (organization_id, day, project_id, key_id, model, calls,"
        " interrupted, input_tokens, cached_tokens, output_tokens, images, milliseconds,"
        " characters, charge, cost, would_have_cost)",
        kAddToRollup);
    for (const auto& [key, totals] : rollups_) {
      names = key;
      sums = {totals.calls,
              totals.interrupted,
              totals.input_tokens,
              totals.cached_tokens,
              totals.output_tokens,
              totals.images,
              totals.milliseconds,
              totals.characters,
              totals.charge.count(),
              totals.cost.count(),
              totals.would_have_cost.count()};
      upsert.run();
    }
  }

  void add_slices() {
    long long kind = 0;
    std::string id;
    std::string model;
    long long begin_ms = 0;
    std::array<long long, 3> sums{};
    Prepared upsert{session_};
    upsert.bind(kind);
    upsert.bind(id);
    upsert.bind(model);
    upsert.bind(begin_ms);
    for (auto& sum : sums) upsert.bind(sum);
    upsert.prepare("INSERT INTO spend_slices (kind, id, model, begin_ms, charge, tokens, requests)",
                   " ON CONFLICT (kind, id, model, begin_ms) DO UPDATE SET"
                   " charge = spend_slices.charge + excluded.charge,"
                   " tokens = spend_slices.tokens + excluded.tokens,"
                   " requests = spend_slices.requests + excluded.requests");
    for (const auto& [key, slice] : slices_) {
      const auto& [spender, begin] = key;
      kind = static_cast<long long>(spender.by);
      id = spender.id;
      model = spender.model;
      begin_ms = begin;
      sums = slice;
      upsert.run();
    }
  }

  void mark_broken_targets() {
    std::array<std::string, 2> target;
    long long since_ms = 0;
    Prepared insert{session_};
    for (auto& text : target) insert.bind(text);
    insert.bind(since_ms);
    insert.prepare("INSERT INTO broken_targets (provider_id, upstream_model, since_ms)",
                   " ON CONFLICT (provider_id, upstream_model) DO NOTHING");
    for (const auto& [broken, since] : broken_) {
      target = broken;
      since_ms = since;
      insert.run();
    }
  }

  void set_positions(const std::vector<JournalPosition>& positions) {
    std::array<long long, 4> values{};
    Prepared upsert{session_};
    for (auto& value : values) upsert.bind(value);
    upsert.prepare("INSERT INTO journal_positions (epoch, worker, segment, position)",
                   " ON CONFLICT (epoch, worker) DO UPDATE SET"
                   " segment = excluded.segment, position = excluded.position");
    for (const auto& position : positions) {
      values = {position.epoch, position.worker, static_cast<long long>(position.segment),
                static_cast<long long>(position.offset)};
      upsert.run();
    }
  }

  void raise_clock_floor() {
    if (latest_ms_ == 0) return;
    session_ << "INSERT INTO clock_floor (id, seen_ms) VALUES (1, :seen)"
                " ON CONFLICT (id) DO UPDATE SET seen_ms = excluded.seen_ms"
                " WHERE excluded.seen_ms > clock_floor.seen_ms",
        soci::use(latest_ms_);
  }

  soci::session& session_;
  std::map<std::array<std::string, 5>, UsageTotals> rollups_;
  std::map<std::pair<Spender, long long>, std::array<long long, 3>> slices_;
  std::map<std::array<std::string, 2>, std::int64_t> broken_;
  long long latest_ms_ = 0;
};

}  // namespace

Result<void> write_ledger(store::Database& database, const LedgerBatch& batch) {
  return database.write([&batch](soci::session& session) -> Result<void> {
    Transaction{session}.write(batch);
    return {};
  });
}

}  // namespace tg::ledger
