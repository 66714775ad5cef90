// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "ledger/event_row.h"
#include "ledger/rollup.h"
#include "ledger/sum_table.h"
#include "ledger/verify.h"

namespace soci {
class session;
}

// The checks that verify_ledger() is made of; its own alone (verify.h is the door). Each returns
// the first difference that it finds, and counts in the report what it looked at.
//
// Threading:  as verify_ledger().
// Errors:     kDatabase, kIo.
namespace tg::ledger {

using Finding = std::optional<Difference>;

[[nodiscard]] Result<Finding> verify_epochs(soci::session& session);
[[nodiscard]] Result<Finding> verify_journal(soci::session& session, const VerifyOptions& options,
                                             VerifyReport& report);
[[nodiscard]] Result<Finding> verify_sums(soci::session& session, const VerifyOptions& options,
                                          VerifyReport& report);
[[nodiscard]] Result<Finding> verify_credits(soci::session& session, const VerifyOptions& options);
[[nodiscard]] Result<Finding> verify_limits(store::Database& database, const VerifyOptions& options,
                                            VerifyReport& report);

// Whether each block of rollups is the sum of the shorter periods' in it, and its smaller cuboids
// are its own.
[[nodiscard]] Result<Finding> verify_blocks(soci::session& session);

// Whether a call's own fields can be true; `clock_floor_ms` is the latest instant of money's clock.
[[nodiscard]] Finding verify_event(const UsageEvent& event, std::int64_t clock_floor_ms);

// The names of Sums.
inline constexpr auto kSumNames = [] {
  std::array<std::string_view, kSums> names{
      "calls", "errors",          "interrupted", "estimated", "charge",
      "cost",  "would_have_cost", "duration_ms", "unpriced",  "mismatched"};
  for (std::size_t i = 0; i < kUsageCounts.size(); ++i) {
    names[kOwnSums + i] = kNumberColumns[kNumberColumns.size() - kUsageCounts.size() + i];
  }
  return names;
}();

// What does not agree, in words; `source` is what a table's sums are made of.
template <std::size_t size>
Finding to_finding(const std::string& table, const std::array<std::string_view, size>& columns,
                   const std::optional<typename SumTable<size>::Mismatch>& mismatch,
                   const std::string& source) {
  if (!mismatch) return {};
  const auto& [key, in_table, added, column] = *mismatch;
  const auto row = table + " row " + RowKey::to_people(key);
  const auto all = [&columns](const std::array<std::int64_t, size>& sums) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i) {
      if (sums[i] == 0) continue;
      text.append(text.empty() ? "" : ", ").append(columns[i]);
      text.append(" ").append(std::to_string(sums[i]));
    }
    return text;
  };
  if (!in_table) {
    return Difference{
        .what = row, .expected = all(*added) + " (" + source + ")", .found = "no row"};
  }
  if (!added) {
    return Difference{
        .what = row, .expected = "no row: there is no such event", .found = all(*in_table)};
  }
  return Difference{.what = std::string{columns[column]} + " of " + row,
                    .expected = std::to_string((*added)[column]) + " (" + source + ")",
                    .found = std::to_string((*in_table)[column]) + " (" + table + ")"};
}

}  // namespace tg::ledger

// As TG_TRY, and returns what was found, too.
#define TG_TRY_NOTHING_FOUND(expression)               \
  do {                                                 \
    auto found = (expression);                         \
    if (!found) return std::unexpected(found.error()); \
    if (*found) return std::move(*found);              \
  } while (false)
