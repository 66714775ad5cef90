// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ledger/rollup.h"
#include "ledger/rollup_answer.h"
#include "ledger/rollup_block.h"
#include "store/database.h"

// What an organization has used, from its rollups: exact for every interval of whole minutes as
// long as minutes are kept, and of whole quarters of an hour for ever. Each piece of time is read
// from the longest period that has a block and fits, so a year is twelve blocks and some at its
// edges, in whatever zone.
//
// Threading:  control threads.
// Limits:     kBucketsMax buckets, kGroupsMax groups in all of them.
// Errors:     kDatabase, kCorrupt; kFieldInvalid: too many buckets or groups.
namespace tg::ledger {

inline constexpr std::size_t kBucketsMax = 10'000;
inline constexpr std::size_t kGroupsMax = 5'000'000;

struct RollupFilter {
  Dimension dimension{};
  std::vector<std::string> any_of;
};

struct RollupQuestion {
  std::string organization_id;
  // Where buckets begin, ascending, and where the last one ends: at least two.
  std::vector<Minute> bounds;
  DimensionSet group_by;
  std::vector<RollupFilter> filters;  // all of them hold
  // A bit for each number in Sums; the others stay zero.
  std::uint64_t sums = ~std::uint64_t{0};
};

// With a bucket between each two bounds.
[[nodiscard]] Result<RollupAnswer> query_rollups(store::Database& database,
                                                 const RollupQuestion& question);

// The same of all that there ever was, in one bucket.
[[nodiscard]] Result<RollupAnswer> usage_of_all_time(store::Database& database,
                                                     const std::string& organization_id,
                                                     DimensionSet group_by = {});

// The first minute of which there may be rollups, and the end of the last one. Nothing: there are
// none.
struct RollupSpan {
  Minute from = 0;
  Minute to = 0;
};
[[nodiscard]] Result<std::optional<RollupSpan>> rollup_span(store::Database& database,
                                                            std::string_view organization_id);
[[nodiscard]] Result<std::vector<std::string>> organizations_with_usage(store::Database& database);
[[nodiscard]] Result<std::vector<std::string>> organizations_with_usage(soci::session& session);

}  // namespace tg::ledger
