// SPDX-License-Identifier: Apache-2.0
#include "ledger/rollup_query.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <set>
#include <utility>

#include "ledger/rollup_blocks.h"
#include "ledger/rollup_cover.h"
#include "ledger/rollup_groups.h"
#include "store/statement.h"

namespace tg::ledger {
namespace {

using store::Statement;

class Query {
 public:
  Query(BlockSource blocks, const RollupQuestion& question)
      : blocks_{std::move(blocks)}, question_{question}, groups_{question} {}

  static Result<RollupAnswer> run(soci::session& session, const RollupQuestion& question) {
    DimensionSet needed = question.group_by;
    for (const auto& filter : question.filters) needed.insert(filter.dimension);
    // Without its calls nobody knows whether a group is one.
    const Columns columns{.dimensions = needed,
                          .sums = question.sums | std::uint64_t{1} << at(Sum::kCalls)};
    const Piece whole{.from = question.bounds.front(), .to = question.bounds.back(), .share = {}};
    TG_TRY(auto blocks, BlockSource::prepare(session, smallest_with(needed), columns));
    Query query{std::move(blocks), question};
    TG_TRY_DONE(query.read(whole));
    TG_TRY_DONE(
        read_pending(session, question.organization_id, whole.from, whole.to, columns,
                     [&](const RollupTable& table) { query.groups_.add(table, 0, whole); }));
    if (!query.groups_.is_full()) return query.groups_.take();
    return fail(Code::kFieldInvalid, "these are too many groups; ask for fewer, or a shorter time");
  }

 private:
  Result<void> read(const Piece& whole) {
    std::vector<Piece> open{whole};
    for (const auto grain : {Grain::kYear, Grain::kMonth, Grain::kDay, Grain::kHour}) {
      std::vector<Piece> rest;
      for (const auto& piece : open) TG_TRY_DONE(read_periods(grain, piece, rest));
      open = std::move(rest);
    }
    for (const auto& piece : open) TG_TRY_DONE(read_quarters(piece));
    return {};
  }

  // What no block covers goes to `rest`, and so does what is read beside those that a bound cuts.
  Result<void> read_periods(Grain grain, const Piece& piece, std::vector<Piece>& rest) {
    const auto periods = cover(grain, piece, question_.bounds);
    std::vector<Minute> found;
    std::vector<Piece> aside;
    const auto add = [&](Minute begin, const RollupTable& table) -> Result<void> {
      found.push_back(begin);
      const auto of = std::ranges::upper_bound(periods, begin, {}, &Periods::from) - 1;
      Piece counted{.from = begin, .to = period_end(grain, begin), .share = piece.share};
      if (of->cut) {
        counted.share = of->cut->share;
        aside.push_back(of->cut->aside);
      }
      groups_.add(table, begin, counted);
      return {};
    };
    for (auto first = periods.begin(); first != periods.end();) {
      // Periods that follow each other are read in one go.
      auto last = first;
      while (last + 1 != periods.end() && (last + 1)->from == last->to) ++last;
      TG_TRY_DONE(blocks_.read(range(grain, first->from, last->to), add));
      first = last + 1;
    }
    std::ranges::sort(found);
    auto next = piece.from;
    for (const auto begin : found) {
      leave(piece, next, begin, rest);
      next = period_end(grain, begin);
    }
    leave(piece, next, piece.to, rest);
    std::ranges::move(aside, std::back_inserter(rest));
    return {};
  }

  static void leave(const Piece& piece, Minute from, Minute to, std::vector<Piece>& rest) {
    if (from < to) rest.push_back({.from = from, .to = to, .share = piece.share});
  }

  Result<void> read_quarters(const Piece& piece) {
    const auto from = period_begin(Grain::kQuarter, piece.from);
    return blocks_.read(range(Grain::kQuarter, from, piece.to),
                        [&](Minute begin, const RollupTable& table) -> Result<void> {
                          groups_.add(table, begin, piece);
                          return {};
                        });
  }

  BlockRange range(Grain grain, Minute from, Minute to) const {
    return {.organization_id = question_.organization_id, .grain = grain, .from = from, .to = to};
  }

  BlockSource blocks_;
  const RollupQuestion& question_;
  RollupGroups groups_;
};

}  // namespace

Result<RollupAnswer> query_rollups(store::Database& database, const RollupQuestion& question) {
  const auto& bounds = question.bounds;
  const bool ascending = std::ranges::is_sorted(bounds, std::less_equal<>{});
  if (bounds.size() < 2 || bounds.size() > kBucketsMax + 1 || !ascending) {
    return fail(Code::kFieldInvalid, "there are too few or too many intervals of time");
  }
  RollupAnswer answer;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(answer, (Query::run(session, question)));
    return {};
  }));
  return answer;
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

Result<RollupAnswer> usage_of_all_time(store::Database& database,
                                       const std::string& organization_id, DimensionSet group_by) {
  TG_TRY(const auto span, rollup_span(database, organization_id));
  if (!span) return RollupAnswer{.columns = nullptr, .buckets = std::vector<RollupBucket>(1)};
  return query_rollups(
      database,
      {.organization_id = organization_id, .bounds = {span->from, span->to}, .group_by = group_by});
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
