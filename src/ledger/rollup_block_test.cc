// SPDX-License-Identifier: Apache-2.0
#include "ledger/rollup_block.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <tuple>

namespace tg::ledger {
namespace {

// Rows whose sums need each number of bytes, in no order of their names.
RollupTable table_of(std::size_t rows) {
  RollupTable table;
  for (std::size_t row = 0; row < rows; ++row) {
    DimensionNames names;
    const auto key = "key_" + std::to_string(row * 7919 % rows);
    const auto model = "model_" + std::to_string(row % 5);
    names[static_cast<std::size_t>(Dimension::kKey)] = key;
    names[static_cast<std::size_t>(Dimension::kModel)] = model;
    Sums sums{};
    for (std::size_t sum = 0; sum <= sizeof(std::int64_t); ++sum) {
      sums[sum] = sum == 0 ? 0 : static_cast<std::int64_t>(row + 1) << (8 * sum - 8) & ~(1LL << 63);
    }
    table.add(static_cast<Minute>(row % 15), names, sums);
  }
  return table;
}

using Row = std::tuple<std::string, std::string, Minute>;
std::map<Row, Sums> rows_of(const RollupTable& table) {
  std::map<Row, Sums> rows;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const auto names = table.names_of_row(row);
    rows[{std::string{names[static_cast<std::size_t>(Dimension::kKey)]},
          std::string{names[static_cast<std::size_t>(Dimension::kModel)]},
          table.minute_of_row(row)}] = table.sums_of_row(row);
  }
  return rows;
}

Result<RollupTable> read_all(const std::vector<BlockPart>& parts, const Columns& wanted = {}) {
  BlockReader reader{wanted};
  for (const auto& part : parts) TG_TRY_DONE(reader.read(part.data));
  return reader.finish();
}

TEST(RollupBlock, ComesBackAsItWasInOnePartAndInMany) {
  for (const std::size_t rows :
       {std::size_t{0}, std::size_t{1}, kRowsInOnePart, kRowsInOnePart + 1}) {
    const auto table = table_of(rows);
    const auto parts = encode(table);
    EXPECT_EQ(parts.size() == 1, rows <= kRowsInOnePart);
    const auto read = read_all(parts);
    ASSERT_TRUE(read) << read.error().detail;
    EXPECT_EQ(rows_of(*read), rows_of(table)) << rows;
  }
}

TEST(RollupBlock, PartsComeInTheOrderOfTheirNumbersAndMinutesFirst) {
  const auto parts = encode(table_of(kRowsInOnePart + 1));
  EXPECT_EQ(parts.front().number, kMinutesPart);
  EXPECT_TRUE(std::ranges::is_sorted(parts, {}, &BlockPart::number));
  const auto wanted = Columns::of({Dimension::kKey}, {at(Sum::kErrors)}).parts();
  EXPECT_TRUE(std::ranges::is_sorted(wanted));
}

TEST(RollupBlock, RowsInPartsStandKeyByKey) {
  const auto table = read_all(encode(table_of(kRowsInOnePart + 1)));
  ASSERT_TRUE(table);
  EXPECT_TRUE(std::ranges::is_sorted(table->column(Dimension::kKey)));
}

TEST(RollupBlock, AWidthThatNoNumberHasIsDamage) {
  auto data = encode_whole(table_of(10));
  data[1] = std::byte{9};
  BlockReader reader;
  EXPECT_EQ(reader.read(data).error().code, Code::kCorrupt);
}

}  // namespace
}  // namespace tg::ledger
