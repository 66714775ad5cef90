// SPDX-License-Identifier: Apache-2.0
// Blocks of rollups against each other: what was folded at different times must come to the same.
#include <fmt/format.h>

#include <set>
#include <vector>

#include "ledger/rollup_blocks.h"
#include "ledger/rollup_query.h"
#include "ledger/verify_parts.h"
#include "store/statement.h"

namespace tg::ledger {
namespace {

using store::Statement;
using RollupSums = SumTable<kSums>;

constexpr std::array<std::string_view, kGrains.size()> kGrainNames{"quarter", "hour", "day",
                                                                   "month", "year"};

void for_each_row(const RollupTable& table, const auto& act) {
  RowKey key;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    key.clear();
    for (const auto name : table.names_of_row(row)) key << name;
    act(key, table.sums_of_row(row));
  }
}

Finding compare(const std::string& what, const RollupTable& block, const RollupTable& parts,
                const std::string& source) {
  RollupSums sums;
  for_each_row(block, [&](const RowKey& key, const Sums& row) { sums.expect(key, row); });
  for_each_row(parts, [&](const RowKey& key, const Sums& row) { sums.add(key, row); });
  return to_finding(what, kSumNames, sums.first(), source);
}

class Blocks {
 public:
  Blocks(soci::session& session, std::string organization_id)
      : session_{session}, organization_id_{std::move(organization_id)} {}

  Result<Finding> run() {
    for (const auto grain : kGrains) {
      TG_TRY(const auto begins, begins_of(grain));
      for (const auto begin : begins) {
        const BlockPlace place{.organization_id = organization_id_, .grain = grain, .begin = begin};
        TG_TRY_NOTHING_FOUND(verify(place));
      }
    }
    return Finding{};
  }

 private:
  Result<std::set<Minute>> begins_of(Grain grain) {
    TG_TRY(auto rows, Statement::prepare(session_,
                                         "SELECT begin_minute FROM usage_blocks WHERE"
                                         " organization_id = ? AND grain = ? AND part IN (?, ?)"
                                         " AND cuboid IN (0, 4)"));
    rows.bind(organization_id_);
    rows.bind(static_cast<std::int64_t>(grain));
    rows.bind(std::int64_t{kWholeBlock});
    rows.bind(std::int64_t{kMinutesPart});
    std::set<Minute> begins;
    for (;;) {
      TG_TRY(const bool row, rows.step());
      if (!row) return begins;
      begins.insert(static_cast<Minute>(rows.number(0)));
    }
  }

  Result<RollupTable> sum(const BlockRange& range, Cuboid cuboid) {
    RollupTable sum;
    TG_TRY_DONE(read_blocks(session_, range, cuboid, {.dimensions = dimensions(cuboid)},
                            [&sum](Minute, const RollupTable& table) -> Result<void> {
                              sum.add(table, {.minutes = false});
                              return {};
                            }));
    return sum;
  }

  Result<Finding> verify(const BlockPlace& place) {
    const auto name =
        fmt::format("{} {} of {}", kGrainNames[static_cast<std::size_t>(place.grain)],
                    format_utc(begin_of(place.begin)).substr(0, 16), organization_id_);
    BlockRange range{.organization_id = organization_id_,
                     .grain = place.grain,
                     .from = place.begin,
                     .to = place.begin + 1};
    TG_TRY(const auto block, sum(range, Cuboid::kAll));
    for (const auto cuboid : kSmallerCuboids) {
      RollupTable expected;
      expected.add(block, {.dimensions = dimensions(cuboid), .minutes = false});
      TG_TRY(const auto smaller, sum(range, cuboid));
      RollupTable found;
      found.add(smaller, {.dimensions = dimensions(cuboid), .minutes = false});
      if (auto finding = compare(name, found, expected, "the block that has all")) return finding;
    }
    if (place.grain == Grain::kQuarter) return Finding{};
    range.grain = static_cast<Grain>(static_cast<int>(place.grain) - 1);
    range.to = period_end(place.grain, place.begin);
    TG_TRY(const auto parts, sum(range, Cuboid::kAll));
    return compare(name, block, parts, "the blocks in it");
  }

  soci::session& session_;
  std::string organization_id_;
};

}  // namespace

Result<Finding> verify_blocks(soci::session& session) {
  TG_TRY(const auto organizations, organizations_with_usage(session));
  for (const auto& id : organizations) TG_TRY_NOTHING_FOUND((Blocks{session, id}.run()));
  return Finding{};
}

}  // namespace tg::ledger
