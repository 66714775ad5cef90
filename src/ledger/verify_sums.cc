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
#include "ledger/sum_table.h"
#include "ledger/usage_query.h"
#include "ledger/verify_parts.h"
#include "store/statement.h"

namespace tg::ledger {
namespace {

using store::Statement;

constexpr std::array<std::string_view, 11> kRollupSums{
    "calls",        "interrupted", "input_tokens", "cached_tokens", "output_tokens",  "images",
    "milliseconds", "characters",  "charge",       "cost",          "would_have_cost"};
constexpr std::array<std::string_view, 3> kSliceSums{"charge", "tokens", "requests"};
using Rollups = SumTable<kRollupSums.size()>;
using Slices = SumTable<kSliceSums.size()>;

Rollups::Sums sums_of(const UsageTotals& totals) {
  return {totals.calls,
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
}

template <std::size_t kSums>
std::string list(const std::array<std::string_view, kSums>& columns) {
  std::string text;
  for (const auto column : columns) text.append(text.empty() ? "" : ",").append(column);
  return text;
}

template <std::size_t kSums>
Finding to_finding(const char* table, const std::array<std::string_view, kSums>& columns,
                   const std::optional<typename SumTable<kSums>::Mismatch>& mismatch) {
  if (!mismatch) return {};
  const auto& [key, in_table, added, column] = *mismatch;
  const auto row = std::string{table} + " row " + RowKey::to_people(key);
  const auto all = [&columns](const std::array<std::int64_t, kSums>& sums) {
    std::string text;
    for (std::size_t i = 0; i < kSums; ++i) {
      if (sums[i] == 0) continue;
      text.append(text.empty() ? "" : ", ").append(columns[i]);
      text.append(" ").append(std::to_string(sums[i]));
    }
    return text;
  };
  if (!in_table) {
    return Difference{.what = row, .expected = all(*added) + " (usage_events)", .found = "no row"};
  }
  if (!added) {
    return Difference{
        .what = row, .expected = "no row: there is no such event", .found = all(*in_table)};
  }
  return Difference{.what = std::string{columns[column]} + " of " + row,
                    .expected = std::to_string((*added)[column]) + " (usage_events)",
                    .found = std::to_string((*in_table)[column]) + " (" + table + ")"};
}

// One pass over the events, for the rows whose key's hash says that they belong to it.
class Pass {
 public:
  Pass(soci::session& session, std::size_t number, std::size_t of, VerifyReport& report)
      : session_{session}, number_{number}, of_{of}, report_{report} {}

  Result<Finding> run() {
    TG_TRY_DONE(read_rollups());
    TG_TRY_DONE(read_slices());
    TG_TRY_NOTHING_FOUND(add_events());
    if (auto found = to_finding("usage_rollups", kRollupSums, rollups_.first())) return found;
    return to_finding("spend_slices", kSliceSums, slices_.first());
  }

 private:
  [[nodiscard]] bool is_mine() const { return of_ == 1 || key_.hash() % of_ == number_; }

  Result<void> read_rollups();
  Result<void> read_slices();
  Result<Finding> add_events();
  void add(const UsageEvent& event);
  std::string_view day_text(WallTime admitted);
  void set_slice_key(SpentBy by, std::string_view id, std::string_view model, std::int64_t begin);

  soci::session& session_;
  const std::size_t number_;
  const std::size_t of_;
  VerifyReport& report_;
  Rollups rollups_;
  Slices slices_;
  RowKey key_;  // built anew for each row; its memory stays
  std::int64_t day_ = -1;
  std::string day_text_;
  std::int64_t begin_ = -1;
  std::string begin_text_;
};

Result<void> Pass::read_rollups() {
  TG_TRY(auto rows, Statement::prepare(session_,
                                       "SELECT organization_id, day, project_id, key_id,"
                                       " model, " +
                                           list(kRollupSums) + " FROM usage_rollups"));
  for (;;) {
    TG_TRY(const bool row, rows.step());
    if (!row) return {};
    key_.clear();
    for (int i = 0; i < 5; ++i) key_ << rows.text(i);
    if (!is_mine()) continue;
    ++report_.rollups;
    Rollups::Sums sums{};
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] = rows.number(5 + static_cast<int>(i));
    rollups_.expect(key_, sums);
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
    if (!is_mine()) continue;
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
  EventRow row;
  for (;;) {
    TG_TRY(const bool more, rows.step());
    if (!more) return Finding{};
    for (std::size_t i = 0; i < row.numbers.size(); ++i) {
      row.numbers[i] = rows.number(static_cast<int>(i));
    }
    for (std::size_t i = 0; i < row.texts.size(); ++i) {
      row.texts[i] = rows.text(static_cast<int>(row.numbers.size() + i));
    }
    const auto event = from_row(row);
    if (number_ == 0) {
      ++report_.events;
      if (auto found = verify_event(event, clock_floor_ms)) return found;
    }
    add(event);
  }
}

std::string_view Pass::day_text(WallTime admitted) {
  const auto day = admitted.time_since_epoch() / std::chrono::days{1};
  if (day != day_) day_text_ = day_of(admitted);
  day_ = day;
  return day_text_;
}

void Pass::add(const UsageEvent& event) {
  const auto& admission = event.admission;
  const auto& settlement = event.settlement;
  key_.clear();
  key_ << admission.organization_id << day_text(admission.at) << admission.project_id
       << admission.key_id << admission.model;
  if (is_mine()) rollups_.add(key_, sums_of(totals_of(settlement)));
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
  TG_TRY(const auto rollups, count(session, "usage_rollups"));
  TG_TRY(const auto slices, count(session, "spend_slices"));
  const auto passes = static_cast<std::size_t>(1 + std::max(rollups, slices) / options.sums_max);
  for (std::size_t number = 0; number < passes; ++number) {
    TG_TRY_NOTHING_FOUND((Pass{session, number, passes, report}.run()));
  }
  return Finding{};
}

}  // namespace tg::ledger
