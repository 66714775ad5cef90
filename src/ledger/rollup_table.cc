// SPDX-License-Identifier: Apache-2.0
#include "ledger/rollup_table.h"

#include <algorithm>
#include <bit>

#include "base/result.h"

namespace tg::ledger {
namespace {

constexpr std::size_t kSlotsAtFirst = 64;

// Two names a round: a row is looked for some ten times on its way into a year's block.
template <std::size_t size>
std::size_t hash_of(Minute minute, const std::array<std::uint32_t, size>& names) {
  std::uint64_t hash = minute * 0x9E3779B97F4A7C15ULL;
  for (std::size_t i = 0; i < size; i += 2) {
    const std::uint64_t second = i + 1 < size ? names[i + 1] : 0;
    hash = (std::rotl(hash, 29) ^ (second << 32U | names[i])) * 0xD6E8FEB86659FD93ULL;
  }
  hash = (hash ^ hash >> 32U) * 0xD6E8FEB86659FD93ULL;
  return hash ^ hash >> 32U;
}

}  // namespace

std::uint32_t RollupTable::NameColumn::number_of(std::string_view name) {
  if (numbers.size() != names.size()) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      numbers.try_emplace(names[i], static_cast<std::uint32_t>(i));
    }
  }
  const auto found = numbers.find(name);
  if (found != numbers.end()) return found->second;
  const auto number = static_cast<std::uint32_t>(names.size());
  names.emplace_back(name);
  numbers.emplace(name, number);
  return number;
}

RollupTable::RowKey RollupTable::key_of(std::size_t row) const {
  RowKey key{.minute = minute_of_row(row), .names = {}};
  for (std::size_t i = 0; i < kDimensions; ++i) {
    const auto& column = dimensions_[i].column;
    key.names[i] = column.empty() ? 0 : column[row];
  }
  return key;
}

bool RollupTable::is_row(std::size_t row, const RowKey& key) const {
  if (minute_of_row(row) != key.minute) return false;
  for (std::size_t i = 0; i < kDimensions; ++i) {
    const auto& column = dimensions_[i].column;
    if ((column.empty() ? 0 : column[row]) != key.names[i]) return false;
  }
  return true;
}

void RollupTable::build_index(std::size_t slots) {
  slots_.assign(slots, 0);
  for (std::size_t row = 0; row < rows_; ++row) {
    const auto key = key_of(row);
    auto at = hash_of(key.minute, key.names);
    while (slots_[at & (slots - 1)] != 0) ++at;
    slots_[at & (slots - 1)] = static_cast<std::uint32_t>(row + 1);
  }
}

void RollupTable::append(const RowKey& key) {
  TG_CHECK(rows_ < ~std::uint32_t{0} - 1);
  const auto put = [this](auto& column, std::uint32_t value) {
    if (column.empty()) {
      if (value == 0) return;
      column.resize(rows_);
    }
    column.push_back(value);
  };
  put(minutes_, key.minute);
  for (std::size_t i = 0; i < kDimensions; ++i) put(dimensions_[i].column, key.names[i]);
  ++rows_;
  for (auto& column : sums_) {
    if (!column.empty()) column.push_back(0);
  }
}

std::size_t RollupTable::row_of(const RowKey& key) {
  if (2 * (rows_ + 1) > slots_.size()) {
    build_index(std::max(kSlotsAtFirst, std::bit_ceil(4 * (rows_ + 1))));
  }
  for (auto at = hash_of(key.minute, key.names);; ++at) {
    auto& slot = slots_[at & (slots_.size() - 1)];
    if (slot != 0 && is_row(slot - 1, key)) return slot - 1;
    if (slot != 0) continue;
    append(key);
    slot = static_cast<std::uint32_t>(rows_);
    return rows_ - 1;
  }
}

void RollupTable::add(Minute minute, const DimensionNames& names, const Sums& sums) {
  RowKey key{.minute = minute, .names = {}};
  for (std::size_t i = 0; i < kDimensions; ++i) key.names[i] = dimensions_[i].number_of(names[i]);
  const auto row = row_of(key);
  for (std::size_t i = 0; i < kSums; ++i) add_to(row, i, sums[i]);
}

// Rows of one table as another has them.
class RollupTable::Adding {
 public:
  Adding(RollupTable& to, const RollupTable& from, const RollupView& view)
      : to_{to}, from_{from}, view_{view} {
    for (std::size_t i = 0; i < kDimensions; ++i) {
      const auto& dimension = from.dimensions_[i];
      const bool kept = view.dimensions.contains(static_cast<Dimension>(i));
      auto& numbers = numbers_[i];
      for (const auto& name : dimension.names) {
        numbers.push_back(to.dimensions_[i].number_of(kept ? name : ""));
      }
      key_.names[i] = numbers.front();
      if (kept && !dimension.column.empty()) named_.push_back(i);
    }
    for (std::size_t i = 0; i < kSums; ++i) {
      if (!from.sums_[i].empty()) sums_.push_back(i);
    }
  }

  void add(std::size_t row) {
    const auto minute = from_.minute_of_row(row);
    if (minute < view_.from || minute >= view_.to) return;
    key_.minute = view_.minutes ? minute - view_.from : 0;
    for (const auto i : named_) key_.names[i] = numbers_[i][from_.dimensions_[i].column[row]];
    const auto mine = to_.row_of(key_);
    for (const auto sum : sums_) to_.add_to(mine, sum, from_.sums_[sum][row]);
  }

 private:
  RollupTable& to_;
  const RollupTable& from_;
  const RollupView& view_;
  std::array<NameNumbers, kDimensions> numbers_;  // the other's names as this one's
  RowKey key_;                                    // of a row; what all have in common stays
  std::vector<std::size_t> named_;                // dimensions in which rows differ
  std::vector<std::size_t> sums_;                 // that the other has
};

void RollupTable::add(const RollupTable& other, const RollupView& view) {
  if (other.rows_ == 0) return;
  Adding adding{*this, other, view};
  for (std::size_t row = 0; row < other.rows_; ++row) adding.add(row);
}

void RollupTable::add(const RollupTable& other, const RollupView& view,
                      std::span<const std::uint32_t> rows) {
  if (rows.empty()) return;
  Adding adding{*this, other, view};
  for (const auto row : rows) adding.add(row);
}

Sums RollupTable::sums_of_row(std::size_t row) const {
  Sums sums{};
  for (std::size_t i = 0; i < kSums; ++i) {
    if (!sums_[i].empty()) sums[i] = sums_[i][row];
  }
  return sums;
}

DimensionNames RollupTable::names_of_row(std::size_t row) const {
  const auto key = key_of(row);
  DimensionNames names;
  for (std::size_t i = 0; i < kDimensions; ++i) names[i] = dimensions_[i].names[key.names[i]];
  return names;
}

Sums RollupTable::total() const {
  Sums sums{};
  for (std::size_t i = 0; i < kSums; ++i) {
    for (const auto value : sums_[i]) sums[i] += value;
  }
  return sums;
}

}  // namespace tg::ledger
