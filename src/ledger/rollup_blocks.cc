// SPDX-License-Identifier: Apache-2.0
#include "ledger/rollup_blocks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "store/statement.h"

namespace tg::ledger {
namespace {

using store::Statement;

constexpr std::string_view kPlace =
    "organization_id = ? AND grain = ? AND cuboid IN ({}) AND begin_minute = ?";
// Of a block that knows everything there is one of two.
constexpr std::string_view kWhole = "0,4";
constexpr std::string_view kEvery = "0,1,2,3,4";

void bind_place(Statement& statement, const BlockPlace& place) {
  statement.bind(place.organization_id);
  statement.bind(static_cast<std::int64_t>(place.grain));
  statement.bind(std::int64_t{place.begin});
}

Result<void> insert(Statement& into, const BlockPlace& place, Cuboid cuboid,
                    const RollupTable& table) {
  const auto parts = encode(table);
  for (const auto& part : parts) {
    into.bind(place.organization_id);
    into.bind(static_cast<std::int64_t>(place.grain));
    into.bind(static_cast<std::int64_t>(cuboid));
    into.bind(std::int64_t{place.begin});
    into.bind(std::int64_t{part.number});
    into.bind(std::span{part.data});
    TG_TRY_DONE(into.queue());
  }
  return {};
}

// The parts of blocks as they come, begin by begin.
class Reading {
 public:
  Reading(Statement& rows, const Columns& wanted) : rows_{rows}, reader_{wanted} {}

  Result<void> run(const ReadBlock& read) {
    for (;;) {
      TG_TRY(const bool row, rows_.step());
      const auto begin = row ? static_cast<Minute>(rows_.number(0)) : 0;
      if (any_ && (!row || begin != begin_)) TG_TRY_DONE(read(begin_, reader_.finish()));
      if (!row) return {};
      any_ = true;
      begin_ = begin;
      TG_TRY_DONE(reader_.read(rows_.bytes(1)));
    }
  }

 private:
  Statement& rows_;
  BlockReader reader_;
  Minute begin_ = 0;
  bool any_ = false;
};

}  // namespace

Result<bool> has_block(soci::session& session, const BlockPlace& place) {
  TG_TRY(auto rows, Statement::prepare(session, "SELECT part FROM usage_blocks WHERE " +
                                                    fmt::format(kPlace, kWhole) + " LIMIT 1"));
  bind_place(rows, place);
  TG_TRY(const bool found, rows.step());
  rows.restart();
  return found;
}

Result<std::optional<RollupTable>> load_block(soci::session& session, const BlockPlace& place) {
  std::optional<RollupTable> found;
  const BlockRange range{.organization_id = place.organization_id,
                         .grain = place.grain,
                         .from = place.begin,
                         .to = place.begin + 1};
  TG_TRY_DONE(read_blocks(session, range, Cuboid::kAll, {},
                          [&found](Minute, const RollupTable& table) -> Result<void> {
                            found = table;
                            return {};
                          }));
  return found;
}

Result<void> save_block(soci::session& session, const BlockPlace& place, const RollupTable& table) {
  TG_TRY(auto remove, Statement::prepare(session, "DELETE FROM usage_blocks WHERE " +
                                                      fmt::format(kPlace, kEvery)));
  bind_place(remove, place);
  TG_TRY_DONE(remove.run());
  TG_TRY(auto into, Statement::prepare(session,
                                       "INSERT INTO usage_blocks (organization_id, grain, cuboid,"
                                       " begin_minute, part, data) VALUES (?, ?, ?, ?, ?, ?)"));
  const bool is_alone = table.rows() <= kRowsAlone;
  TG_TRY_DONE(insert(into, place, is_alone ? Cuboid::kAlone : Cuboid::kAll, table));
  // While the database takes one, the next is added up.
  for (const auto cuboid : kSmallerCuboids) {
    if (is_alone) break;
    RollupTable smaller;
    smaller.add(table, {.dimensions = dimensions(cuboid)});
    TG_TRY_DONE(insert(into, place, cuboid, smaller));
  }
  TG_TRY_DONE(into.flush());
  return {};
}

Result<BlockSource> BlockSource::prepare(soci::session& session, Cuboid cuboid,
                                         const Columns& wanted) {
  const auto sql = fmt::format(
      "SELECT begin_minute, data FROM usage_blocks WHERE organization_id = ? AND grain = ? AND"
      " cuboid = ? AND begin_minute >= ? AND begin_minute < ? AND part IN ({})"
      " ORDER BY begin_minute, part",
      fmt::join(wanted.parts(), ","));
  TG_TRY(auto rows, Statement::prepare(session, sql, Statement::Rows::kBytes));
  return BlockSource{std::move(rows), cuboid, wanted};
}

Result<void> BlockSource::read(const BlockRange& range, const ReadBlock& read) {
  for (const auto from : {cuboid_, Cuboid::kAlone}) {
    rows_.restart();
    rows_.bind(range.organization_id);
    rows_.bind(static_cast<std::int64_t>(range.grain));
    rows_.bind(static_cast<std::int64_t>(from));
    rows_.bind(std::int64_t{range.from});
    rows_.bind(std::int64_t{range.to});
    TG_TRY_DONE((Reading{rows_, wanted_}.run(read)));
  }
  return {};
}

Result<void> read_blocks(soci::session& session, const BlockRange& range, Cuboid cuboid,
                         const Columns& wanted, const ReadBlock& read) {
  TG_TRY(auto source, BlockSource::prepare(session, cuboid, wanted));
  return source.read(range, read);
}

Result<void> read_pending(soci::session& session, std::string_view organization_id, Minute from,
                          Minute to, const Columns& wanted, const ReadPending& read) {
  TG_TRY(auto rows, Statement::prepare(session,
                                       "SELECT data FROM usage_pending WHERE organization_id = ?"
                                       " AND to_minute >= ? AND from_minute < ?",
                                       Statement::Rows::kBytes));
  rows.bind(organization_id);
  rows.bind(std::int64_t{from});
  rows.bind(std::int64_t{to});
  BlockReader reader{wanted};
  for (;;) {
    TG_TRY(const bool row, rows.step());
    if (!row) return {};
    TG_TRY_DONE(reader.read(rows.bytes(0)));
    read(reader.finish());
  }
}

}  // namespace tg::ledger
