// SPDX-License-Identifier: Apache-2.0
// The events, one after the other, against themselves and against the two tables of their sums. The
// sums are made here again, from the events alone; where the tables are too large to hold, the
// events are read again for each part of them.
#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <string_view>

#include "ledger/event_row.h"
#include "ledger/retention.h"
#include "ledger/rollup_blocks.h"
#include "ledger/rollup_query.h"
#include "ledger/sum_table.h"
#include "ledger/verify_parts.h"
#include "store/statement.h"

namespace tg::ledger {
namespace {

using store::Statement;

constexpr std::array<std::string_view, 3> kSliceSums{"charge", "tokens", "requests"};
using Rollups = SumTable<kSums>;
using Slices = SumTable<kSliceSums.size()>;

template <std::size_t size>
std::string list(const std::array<std::string_view, size>& columns) {
  std::string text;
  for (const auto column : columns) text.append(text.empty() ? "" : ",").append(column);
  return text;
}

// One pass over the events, for the rows whose key's hash says that they belong to it.
class Pass {
 public:
  Pass(soci::session& session, std::size_t number, std::size_t of, VerifyReport& report)
      : session_{session}, number_{number}, of_{of}, report_{report} {}

  Result<Finding> run() {
    TG_TRY(kept_from_, calls_kept_from(session_));
    TG_TRY_DONE(read_rollups());
    TG_TRY_DONE(read_slices());
    TG_TRY_NOTHING_FOUND(add_events());
    if (auto found = to_finding("usage_blocks", kSumNames, rollups_.first(), "usage_events"))
      return found;
    return to_finding("spend_slices", kSliceSums, slices_.first(), "usage_events");
  }

 private:
  [[nodiscard]] bool is_mine() const { return of_ == 1 || key_.hash() % of_ == number_; }

  Result<void> read_rollups();
  Result<void> read_slices();
  Result<Finding> add_events();
  void add(const UsageEvent& event);
  void set_rollup_key(std::string_view organization_id, Minute minute, const DimensionNames& names);
  void expect(std::string_view organization_id, Minute begin, const RollupTable& table);
  void set_slice_key(SpentBy by, std::string_view id, std::string_view model, std::int64_t begin);

  soci::session& session_;
  const std::size_t number_;
  const std::size_t of_;
  VerifyReport& report_;
  Rollups rollups_;
  Slices slices_;
  RowKey key_;          // built anew for each row; its memory stays
  WallTime kept_from_;  // what was added up of earlier calls has nothing to be compared with
  Minute quarter_ = 0;
  std::string quarter_text_;
  std::int64_t begin_ = -1;
  std::string begin_text_;
};

Result<void> Pass::read_rollups() {
  TG_TRY(const auto organizations, organizations_with_usage(session_));
  for (const auto& id : organizations) {
    TG_TRY_DONE(read_blocks(session_, {.organization_id = id, .to = ~Minute{0}}, Cuboid::kAll, {},
                            [&](Minute begin, const RollupTable& table) -> Result<void> {
                              expect(id, begin, table);
                              return {};
                            }));
    TG_TRY_DONE(read_pending(session_, id, 0, ~Minute{0}, {},
                             [&](const RollupTable& table) { expect(id, 0, table); }));
  }
  return {};
}

void Pass::set_rollup_key(std::string_view organization_id, Minute minute,
                          const DimensionNames& names) {
  const auto quarter = period_begin(Grain::kQuarter, minute);
  if (quarter != quarter_ || quarter_text_.empty()) {
    quarter_text_ = format_utc(begin_of(quarter)).substr(0, 16);
  }
  quarter_ = quarter;
  key_.clear();
  key_ << organization_id << quarter_text_;
  for (const auto name : names) key_ << name;
}

void Pass::expect(std::string_view organization_id, Minute begin, const RollupTable& table) {
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const auto minute = begin + table.minute_of_row(row);
    if (begin_of(minute) < kept_from_) continue;
    set_rollup_key(organization_id, minute, table.names_of_row(row));
    if (!is_mine()) continue;
    ++report_.rollups;
    rollups_.expect(key_, table.sums_of_row(row));
  }
}

void Pass::set_slice_key(SpentBy by, std::string_view id, std::string_view model,
                         std::int64_t begin) {
  constexpr std::array<std::string_view, 4> kNames{"key", "project", "organization", "owner"};
  const auto kind = static_cast<std::size_t>(by);
  key_.clear();
  key_ << (kind < kNames.size() ? kNames[kind] : "unknown") << id << model;
  if (begin != begin_) begin_text_ = format_utc(from_unix_ms(begin));
  begin_ = begin;
  key_ << begin_text_;
}

Result<void> Pass::read_slices() {
  TG_TRY(auto rows, Statement::prepare(session_, "SELECT kind, id, model, begin_ms, " +
                                                     list(kSliceSums) + " FROM spend_slices"));
  for (;;) {
    TG_TRY(const bool row, rows.step());
    if (!row) return {};
    set_slice_key(static_cast<SpentBy>(rows.number(0)), rows.text(1), rows.text(2), rows.number(3));
    if (!is_mine() || from_unix_ms(rows.number(3)) < kept_from_) continue;
    ++report_.slices;
    slices_.expect(key_, {rows.number(4), rows.number(5), rows.number(6)});
  }
}

Result<Finding> Pass::add_events() {
  TG_TRY(auto floor, Statement::prepare(session_,
                                        "SELECT COALESCE(MAX(seen_ms), 0)"
                                        " FROM clock_floor"));
  TG_TRY_DONE(floor.step());
  const auto clock_floor_ms = floor.number(0);
  floor.restart();
  TG_TRY(auto rows, Statement::prepare(session_, "SELECT " + column_list() + " FROM usage_events"));
  for (;;) {
    TG_TRY(const bool more, rows.step());
    if (!more) return Finding{};
    const auto event = read_event(rows);
    if (number_ == 0) {
      ++report_.events;
      if (auto found = verify_event(event, clock_floor_ms)) return found;
    }
    if (event.admission.at >= kept_from_) add(event);
  }
}

void Pass::add(const UsageEvent& event) {
  const auto& admission = event.admission;
  const auto& settlement = event.settlement;
  set_rollup_key(admission.organization_id, minute_of(admission.at), names_of(event));
  if (is_mine()) rollups_.add(key_, sums_of(settlement));
  const auto begin = to_unix_ms(slice_of(admission.at));
  for (const auto& spender : spenders_of(admission)) {
    set_slice_key(spender.by, spender.id, spender.model, begin);
    if (is_mine()) {
      slices_.add(key_, {settlement.charge.count(), tokens_of(settlement.usage), 1});
    }
  }
}

Result<std::int64_t> count(soci::session& session, const char* table) {
  TG_TRY(auto rows, Statement::prepare(session, std::string{"SELECT COUNT(*) FROM "} + table));
  TG_TRY_DONE(rows.step());
  return rows.number(0);
}

}  // namespace

Result<Finding> verify_sums(soci::session& session, const VerifyOptions& options,
                            VerifyReport& report) {
  // There are no more rows of rollups than events.
  TG_TRY(const auto events, count(session, "usage_events"));
  TG_TRY(const auto slices, count(session, "spend_slices"));
  const auto passes = static_cast<std::size_t>(1 + std::max(events, slices) / options.sums_max);
  for (std::size_t number = 0; number < passes; ++number) {
    TG_TRY_NOTHING_FOUND((Pass{session, number, passes, report}.run()));
  }
  return Finding{};
}

}  // namespace tg::ledger
