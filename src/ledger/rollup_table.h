// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ledger/rollup.h"

// Rows of one organization's usage, each with a minute, names and sums, kept column by column: most
// sums of most rows are zero, and a question reads three columns of thirty.
//
// Threading:  one thread's.
// Lifetime:   names are copied.
// Limits:     2^32 rows, and as many names in a dimension.
namespace tg::ledger {

// What is left out when one table is added to another, or when a block is read.
struct RollupView {
  DimensionSet dimensions = DimensionSet::all();
  // Minutes are kept, and count from `from`; otherwise all are 0.
  bool minutes = true;
  Minute from = 0;  // rows outside of [from, to) are left out
  Minute to = ~Minute{0};
};

class RollupTable {
 public:
  [[nodiscard]] std::size_t rows() const noexcept { return rows_; }

  void add(Minute minute, const DimensionNames& names, const Sums& sums);
  void add(const RollupTable& other, const RollupView& view);
  // Of these rows of the other alone.
  void add(const RollupTable& other, const RollupView& view, std::span<const std::uint32_t> rows);

  // A column that is empty is zero in each row; a row's name is a number in names().
  using NameNumbers = std::vector<std::uint32_t>;
  [[nodiscard]] const std::vector<Minute>& minutes() const noexcept { return minutes_; }
  [[nodiscard]] const NameNumbers& column(Dimension dimension) const noexcept {
    return dimensions_[index(dimension)].column;
  }
  // At least one, if there is a row.
  [[nodiscard]] const std::vector<std::string>& names(Dimension dimension) const noexcept {
    return dimensions_[index(dimension)].names;
  }
  [[nodiscard]] const std::vector<std::int64_t>& sum(std::size_t number) const noexcept {
    return sums_[number];
  }
  [[nodiscard]] Sums sums_of_row(std::size_t row) const;
  [[nodiscard]] DimensionNames names_of_row(std::size_t row) const;
  [[nodiscard]] Minute minute_of_row(std::size_t row) const {
    return minutes_.empty() ? 0 : minutes_[row];
  }
  [[nodiscard]] Sums total() const;

 private:
  friend class BlockReader;

  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };
  struct NameColumn {
    NameNumbers column;
    std::vector<std::string> names;
    std::unordered_map<std::string, std::uint32_t, Hash, std::equal_to<>> numbers;

    [[nodiscard]] std::uint32_t number_of(std::string_view name);
  };
  struct RowKey {
    Minute minute = 0;
    std::array<std::uint32_t, kDimensions> names{};
  };
  static constexpr std::size_t index(Dimension dimension) {
    return static_cast<std::size_t>(dimension);
  }

  [[nodiscard]] std::size_t row_of(const RowKey& key);
  [[nodiscard]] bool is_row(std::size_t row, const RowKey& key) const;
  [[nodiscard]] RowKey key_of(std::size_t row) const;
  void append(const RowKey& key);
  void build_index(std::size_t slots);
  class Adding;
  void add_to(std::size_t row, std::size_t sum, std::int64_t value) {
    if (value == 0) return;
    auto& column = sums_[sum];
    if (column.size() < rows_) column.resize(rows_);
    column[row] += value;
  }

  std::size_t rows_ = 0;
  std::vector<Minute> minutes_;
  std::array<NameColumn, kDimensions> dimensions_;
  std::array<std::vector<std::int64_t>, kSums> sums_;
  // Where a row is found: its number and one, in a power of two of slots. Empty until rows are
  // added to a table that was read.
  std::vector<std::uint32_t> slots_;
};

}  // namespace tg::ledger
