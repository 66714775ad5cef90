// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "ledger/rollup_block.h"
#include "ledger/rollup_grain.h"
#include "store/database.h"
#include "store/statement.h"

// Blocks of rollups in SQL: one of each organization, grain and period, kept apart by everything,
// and where that are many rows, once more for each smaller cuboid.
//
// Threading:  that of the session.
// Errors:     kDatabase, kCorrupt.
namespace tg::ledger {

struct BlockPlace {
  std::string_view organization_id;
  Grain grain = Grain::kQuarter;
  Minute begin = 0;
};

[[nodiscard]] Result<bool> has_block(soci::session& session, const BlockPlace& place);
// Nothing: there is none.
[[nodiscard]] Result<std::optional<RollupTable>> load_block(soci::session& session,
                                                            const BlockPlace& place);
// In the place of the one that is there.
[[nodiscard]] Result<void> save_block(soci::session& session, const BlockPlace& place,
                                      const RollupTable& table);

// All blocks of a grain that begin in [from, to), in no order.
struct BlockRange {
  std::string_view organization_id;
  Grain grain = Grain::kQuarter;
  Minute from = 0;
  Minute to = 0;
};
using ReadBlock = std::function<Result<void>(Minute begin, const RollupTable& table)>;
[[nodiscard]] Result<void> read_blocks(soci::session& session, const BlockRange& range,
                                       Cuboid cuboid, const Columns& wanted, const ReadBlock& read);

// The same for any number of ranges, which the engine then plans once. Not longer than the
// session's transaction.
class BlockSource {
 public:
  [[nodiscard]] static Result<BlockSource> prepare(soci::session& session, Cuboid cuboid,
                                                   const Columns& wanted);
  [[nodiscard]] Result<void> read(const BlockRange& range, const ReadBlock& read);

 private:
  BlockSource(store::Statement rows, Cuboid cuboid, const Columns& wanted)
      : rows_{std::move(rows)}, cuboid_{cuboid}, wanted_{wanted} {}

  store::Statement rows_;
  Cuboid cuboid_;
  Columns wanted_;
};

// What is in no block yet of [from, to) and, where a batch has more, around it; minutes are whole.
using ReadPending = std::function<void(const RollupTable& table)>;
[[nodiscard]] Result<void> read_pending(soci::session& session, std::string_view organization_id,
                                        Minute from, Minute to, const Columns& wanted,
                                        const ReadPending& read);

}  // namespace tg::ledger
