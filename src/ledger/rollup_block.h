// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "ledger/rollup_table.h"

// A table as bytes: its columns one after the other, each value in the fewest bytes that all of the
// column fit in, none if all are zero. A large table's columns are parts of their own, so that a
// question reads what it asks for.
//
//   column   id (1), bytes a value (1), rows (4), names, values; little-endian
//   names    of a dimension only: how many (4), then each with its length (2)
//
// Ids are the dimensions' and sums' numbers, so a column that a later version adds is zero in what
// was written before, and a column that nobody knows any more is passed over.
//
// Threading:  pure.
// Limits:     names of 65,535 bytes.
// Errors:     kCorrupt: no such bytes come from encode().
namespace tg::ledger {

// A block of at most so many rows is one part, with number kWholeBlock.
inline constexpr std::size_t kRowsInOnePart = 4'096;
inline constexpr std::uint32_t kWholeBlock = 0;
inline constexpr std::uint32_t kMinutesPart = 1;  // every block in parts has it

struct BlockPart {
  std::uint32_t number = kWholeBlock;
  std::vector<std::byte> data;
};
// Columns that are zero throughout are left out; the first part always has the number of rows.
[[nodiscard]] std::vector<BlockPart> encode(const RollupTable& table);
// The same as one part, however large.
[[nodiscard]] std::vector<std::byte> encode_whole(const RollupTable& table);

// Which columns are wanted; minutes always are.
struct Columns {
  DimensionSet dimensions = DimensionSet::all();
  std::uint64_t sums = ~std::uint64_t{0};  // a bit for each number

  [[nodiscard]] static constexpr Columns of(DimensionSet dimensions,
                                            std::initializer_list<std::size_t> sums) {
    Columns columns{.dimensions = dimensions, .sums = 0};
    for (const auto sum : sums) columns.sums |= std::uint64_t{1} << sum;
    return columns;
  }
  // The numbers of the parts they stand in.
  [[nodiscard]] std::vector<std::uint32_t> parts() const;
};

// Puts the parts of one block together.
class BlockReader {
 public:
  explicit BlockReader(const Columns& wanted = {}) : wanted_{wanted} {}

  [[nodiscard]] Result<void> read(std::span<const std::byte> part);
  // Whole; what no part had is zero. The reader is empty again.
  [[nodiscard]] RollupTable finish();

 private:
  class Bytes;
  [[nodiscard]] Result<void> read_column(Bytes& bytes);

  Columns wanted_;
  RollupTable table_;
  bool any_ = false;
};

}  // namespace tg::ledger
