// SPDX-License-Identifier: Apache-2.0
#include "ledger/rollup_query.h"

#include <algorithm>
#include <functional>
#include <set>

#include "ledger/rollup_blocks.h"
#include "ledger/rollup_groups.h"
#include "store/statement.h"

namespace tg::ledger {
namespace {

using store::Statement;

struct Piece {
  Minute from = 0;
  Minute to = 0;
};

Minute first_at_or_after(Grain grain, Minute minute) {
  const auto begin = period_begin(grain, minute);
  return begin == minute ? begin : period_end(grain, minute);
}

class Query {
 public:
  Query(soci::session& session, const RollupQuestion& question)
      : session_{session}, question_{question}, groups_{question} {
    DimensionSet needed = question.group_by;
    for (const auto& filter : question.filters) needed.insert(filter.dimension);
    cuboid_ = smallest_with(needed);
    columns_ = {.dimensions = needed, .sums = question.sums};
  }

  Result<std::vector<RollupBucket>> run() {
    std::vector<Piece> open{{.from = question_.bounds.front(), .to = question_.bounds.back()}};
    for (const auto grain : {Grain::kYear, Grain::kMonth, Grain::kDay, Grain::kHour}) {
      std::vector<Piece> rest;
      for (const auto& piece : open) TG_TRY_DONE(read_whole_periods(grain, piece, rest));
      open = std::move(rest);
    }
    for (const auto& piece : open) TG_TRY_DONE(read_quarters(piece));
    const auto from = question_.bounds.front();
    const auto to = question_.bounds.back();
    TG_TRY_DONE(read_pending(session_, question_.organization_id, from, to, columns_,
                             [&](const RollupTable& table) { groups_.add(table, 0, from, to); }));
    if (!groups_.is_full()) return groups_.take();
    return fail(Code::kFieldInvalid, "these are too many groups; ask for fewer, or a shorter time");
  }

 private:
  // Where two neighbouring buckets meet between two of the grain's periods, one reading does for
  // both; elsewhere what lies around it is left to shorter periods.
  Result<void> read_whole_periods(Grain grain, const Piece& piece, std::vector<Piece>& rest) {
    auto from = piece.from;
    auto bound = std::ranges::upper_bound(question_.bounds, from);
    while (from < piece.to) {
      while (bound != question_.bounds.end() && *bound < piece.to &&
             period_begin(grain, *bound) == *bound) {
        ++bound;
      }
      const auto to = bound == question_.bounds.end() ? piece.to : std::min(*bound, piece.to);
      TG_TRY_DONE(read_run(grain, {.from = from, .to = to}, rest));
      from = to;
      if (bound != question_.bounds.end()) ++bound;
    }
    return {};
  }

  // What no block covers goes to `rest`.
  Result<void> read_run(Grain grain, const Piece& run, std::vector<Piece>& rest) {
    const auto leave = [&rest](Minute from, Minute to) {
      if (from >= to) return;
      if (!rest.empty() && rest.back().to == from) {
        rest.back().to = to;
      } else {
        rest.push_back({.from = from, .to = to});
      }
    };
    const auto from = first_at_or_after(grain, run.from);
    const auto to = period_begin(grain, run.to);
    if (from >= to) {
      leave(run.from, run.to);
      return {};
    }
    std::vector<Minute> found;
    TG_TRY_DONE(read_blocks(session_, range(grain, from, to), cuboid_, columns_,
                            [&](Minute begin, const RollupTable& table) -> Result<void> {
                              found.push_back(begin);
                              groups_.add(table, begin, begin, period_end(grain, begin));
                              return {};
                            }));
    std::ranges::sort(found);
    auto next = run.from;
    for (const auto begin : found) {
      leave(next, begin);
      next = period_end(grain, begin);
    }
    leave(next, run.to);
    return {};
  }

  Result<void> read_quarters(const Piece& piece) {
    const auto from = period_begin(Grain::kQuarter, piece.from);
    return read_blocks(session_, range(Grain::kQuarter, from, piece.to), cuboid_, columns_,
                       [&](Minute begin, const RollupTable& table) -> Result<void> {
                         groups_.add(table, begin, piece.from, piece.to);
                         return {};
                       });
  }

  BlockRange range(Grain grain, Minute from, Minute to) const {
    return {.organization_id = question_.organization_id, .grain = grain, .from = from, .to = to};
  }

  soci::session& session_;
  const RollupQuestion& question_;
  RollupGroups groups_;
  Cuboid cuboid_ = Cuboid::kAll;
  Columns columns_;
};

}  // namespace

Result<std::vector<RollupBucket>> query_rollups(store::Database& database,
                                                const RollupQuestion& question) {
  const auto& bounds = question.bounds;
  const bool ascending = std::ranges::is_sorted(bounds, std::less_equal<>{});
  if (bounds.size() < 2 || bounds.size() > kBucketsMax + 1 || !ascending) {
    return fail(Code::kFieldInvalid, "there are too few or too many intervals of time");
  }
  std::vector<RollupBucket> buckets;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(buckets, (Query{session, question}.run()));
    return {};
  }));
  return buckets;
}

Result<std::optional<RollupSpan>> rollup_span(store::Database& database,
                                              std::string_view organization_id) {
  std::optional<RollupSpan> span;
  const auto widen = [&span](Minute from, Minute to) {
    if (!span) span = RollupSpan{.from = from, .to = to};
    span->from = std::min(span->from, from);
    span->to = std::max(span->to, to);
  };
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    for (const auto* order : {"ASC", "DESC"}) {
      TG_TRY(auto rows, Statement::prepare(
                            session, std::string{"SELECT begin_minute FROM usage_blocks WHERE"
                                                 " organization_id = ? AND grain = 0 AND cuboid ="
                                                 " ? ORDER BY begin_minute "} +
                                         order + " LIMIT 1"));
      for (const auto cuboid : {Cuboid::kAll, Cuboid::kAlone}) {
        rows.bind(organization_id);
        rows.bind(static_cast<std::int64_t>(cuboid));
        TG_TRY(const bool row, rows.step());
        const auto begin = row ? static_cast<Minute>(rows.number(0)) : 0;
        if (row) widen(begin, begin + kQuarterMinutes);
        rows.restart();
      }
    }
    TG_TRY(auto rows, Statement::prepare(session,
                                         "SELECT from_minute, to_minute FROM usage_pending WHERE"
                                         " organization_id = ?"));
    rows.bind(organization_id);
    for (;;) {
      TG_TRY(const bool row, rows.step());
      if (!row) return {};
      widen(static_cast<Minute>(rows.number(0)), static_cast<Minute>(rows.number(1)) + 1);
    }
  }));
  return span;
}

Result<RollupBucket> usage_of_all_time(store::Database& database,
                                       const std::string& organization_id, DimensionSet group_by) {
  TG_TRY(const auto span, rollup_span(database, organization_id));
  if (!span) return RollupBucket{};
  TG_TRY(auto buckets, query_rollups(database, {.organization_id = organization_id,
                                                .bounds = {span->from, span->to},
                                                .group_by = group_by}));
  return std::move(buckets.front());
}

// From one to the next by the key's index: there are millions of blocks and few organizations.
Result<std::vector<std::string>> organizations_with_usage(soci::session& session) {
  std::set<std::string> ids;
  for (const auto* table : {"usage_blocks", "usage_pending"}) {
    TG_TRY(auto next,
           Statement::prepare(session, std::string{"SELECT organization_id FROM "} + table +
                                           " WHERE organization_id > ?"
                                           " ORDER BY organization_id LIMIT 1"));
    std::string last;
    for (;;) {
      next.bind(last);
      TG_TRY(const bool row, next.step());
      if (row) last = next.text(0);
      next.restart();
      if (!row) break;
      ids.insert(last);
    }
  }
  return std::vector<std::string>{ids.begin(), ids.end()};
}

Result<std::vector<std::string>> organizations_with_usage(store::Database& database) {
  std::vector<std::string> ids;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(ids, organizations_with_usage(session));
    return {};
  }));
  return ids;
}

}  // namespace tg::ledger
