// SPDX-License-Identifier: Apache-2.0
#include "ledger/rollup_groups.h"

#include <algorithm>
#include <bit>
#include <memory>
#include <ranges>
#include <utility>

namespace tg::ledger {
namespace {

// Groups of one bucket are found in an array instead of by hash where it stays this small.
constexpr std::size_t kDenseMax = 4'000'000;

constexpr std::size_t index(Dimension dimension) { return static_cast<std::size_t>(dimension); }

}  // namespace

std::size_t RollupGroups::KeyHash::operator()(const Key& key) const noexcept {
  std::uint64_t hash = key.bucket * 0x9E3779B97F4A7C15ULL;
  for (const auto name : key.names) {
    hash = (std::rotl(hash, 29) ^ name) * 0xD6E8FEB86659FD93ULL;
    hash ^= hash >> 32;
  }
  return hash;
}

RollupGroups::RollupGroups(const RollupQuestion& question) : question_{question} {
  for (const auto& filter : question.filters) {
    filters_.push_back(
        {.dimension = filter.dimension, .any_of = {filter.any_of.begin(), filter.any_of.end()}});
  }
  for (std::size_t i = 0; i < kSums; ++i) {
    if ((question.sums >> i & 1) != 0 || i == at(Sum::kCalls)) sums_.push_back(i);
  }
  for (std::size_t i = 0; i < kDimensions; ++i) {
    if (question.group_by.contains(static_cast<Dimension>(i))) {
      grouped_.push_back(static_cast<Dimension>(i));
    }
  }
  by_pair_ = question.bounds.size() == 2 && grouped_.size() <= 2;
}

RollupGroups::Translation RollupGroups::translate(const RollupTable& table) {
  Translation translation;
  for (std::size_t i = 0; i < kDimensions; ++i) {
    const auto dimension = static_cast<Dimension>(i);
    const bool grouped = question_.group_by.contains(dimension);
    for (const auto& name : table.names(dimension)) {
      std::uint32_t number = 0;
      if (grouped) {
        const auto next = static_cast<std::uint32_t>(names_[i].names.size());
        const auto [found, is_new] = names_[i].numbers.try_emplace(name, next);
        if (is_new) names_[i].names.push_back(name);
        number = found->second;
      }
      for (const auto& filter : filters_) {
        if (filter.dimension == dimension && !filter.any_of.contains(name)) number = kNone;
      }
      translation[i].push_back(number);
    }
  }
  return translation;
}

std::uint32_t& RollupGroups::slot_of(const Key& key) {
  if (!by_pair_) return numbers_.try_emplace(key, kNone).first->second;
  const auto first = grouped_.empty() ? 0 : key.names[index(grouped_.front())];
  const auto second = grouped_.size() < 2 ? 0 : key.names[index(grouped_.back())];
  if (first >= pairs_.size()) pairs_.resize(first + 1);
  auto& row = pairs_[first];
  if (second >= row.size()) row.resize(second + 1, kNone);
  return row[second];
}

std::uint32_t RollupGroups::group_of(const Key& key) {
  auto& slot = slot_of(key);
  if (slot == kNone) {
    slot = static_cast<std::uint32_t>(groups_.size());
    groups_.push_back(key);
  }
  return slot;
}

// Which numbers a row's dimensions have matters only where they are grouped or filtered.
std::vector<RollupGroups::ReadColumn> RollupGroups::columns_to_read(
    const RollupTable& table, const Translation& translation) const {
  std::vector<ReadColumn> columns;
  for (std::size_t i = 0; i < kDimensions; ++i) {
    const auto dimension = static_cast<Dimension>(i);
    const auto& numbers = translation[i];
    const bool filtered = std::ranges::any_of(numbers, [](auto number) { return number == kNone; });
    if (!filtered && !question_.group_by.contains(dimension)) continue;
    const auto& column = table.column(dimension);
    columns.push_back({.dimension = dimension,
                       .own = column.empty() ? nullptr : column.data(),
                       .numbers = &numbers});
  }
  return columns;
}

std::uint32_t RollupGroups::group_of_row(const std::vector<ReadColumn>& columns, std::size_t row,
                                         std::uint32_t bucket) {
  Key key{.bucket = bucket};
  for (const auto& column : columns) {
    const auto number = (*column.numbers)[column.own == nullptr ? 0 : column.own[row]];
    if (number == kNone) return kNone;
    key.names[index(column.dimension)] = number;
  }
  return group_of(key);
}

RollupGroups::Groups RollupGroups::groups_by_combination(const std::vector<ReadColumn>& columns,
                                                         std::size_t rows, std::size_t combinations,
                                                         std::uint32_t bucket) {
  // First each row's combination, column by column, then that one's group.
  Groups groups(rows, 0);
  for (const auto& column : columns) {
    if (column.own == nullptr) continue;
    const auto names = static_cast<std::uint32_t>(column.numbers->size());
    for (std::size_t row = 0; row < rows; ++row) {
      groups[row] = groups[row] * names + column.own[row];
    }
  }
  if (groups_.empty()) groups_.reserve(std::min(rows, combinations));
  constexpr std::uint32_t kUnknown = kNone - 1;
  Groups known(combinations, kUnknown);
  for (std::size_t row = 0; row < rows; ++row) {
    auto& group = known[groups[row]];
    if (group == kUnknown) group = group_of_row(columns, row, bucket);
    groups[row] = group;
  }
  return groups;
}

RollupGroups::Groups RollupGroups::groups_of_rows(const RollupTable& table, Minute begin,
                                                  const Piece& piece,
                                                  std::optional<std::uint32_t> bucket) {
  const auto translation = translate(table);
  const auto columns = columns_to_read(table, translation);
  std::size_t combinations = 1;
  for (const auto& column : columns) {
    if (column.own == nullptr) continue;
    combinations = std::min(combinations * column.numbers->size(), kDenseMax + 1);
  }
  const auto bucket_at = [&](Minute minute) {
    if (minute < piece.from || minute >= piece.to) return kNone;
    return bucket.value_or(bucket_of(question_.bounds, minute));
  };
  if (table.minutes().empty() && combinations <= kDenseMax) {
    const auto of_all = bucket_at(begin);
    if (of_all == kNone) return Groups(table.rows(), kNone);
    return groups_by_combination(columns, table.rows(), combinations, of_all);
  }
  Groups groups(table.rows(), kNone);
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const auto of_row = bucket_at(begin + table.minute_of_row(row));
    if (of_row != kNone) groups[row] = group_of_row(columns, row, of_row);
  }
  return groups;
}

void RollupGroups::add_values(const RollupTable& table, const Groups& groups, std::int64_t times) {
  for (const auto sum : sums_) {
    const auto& column = table.sum(sum);
    if (column.empty()) continue;
    auto& values = values_[sum];
    values.resize(groups_.size());
    for (std::size_t row = 0; row < groups.size(); ++row) {
      if (groups[row] != kNone) values[groups[row]] += times * column[row];
    }
  }
}

void RollupGroups::add(const RollupTable& table, Minute begin, const Piece& piece) {
  if (is_full()) return;
  if (!piece.share) return add_values(table, groups_of_rows(table, begin, piece, {}), 1);
  const auto [to, from] = *piece.share;
  if (to != kNone) add_values(table, groups_of_rows(table, begin, piece, to), 1);
  if (from != kNone) add_values(table, groups_of_rows(table, begin, piece, from), -1);
}

RollupAnswer RollupGroups::take() {
  auto columns = std::make_unique<RollupColumns>();
  columns->keys = std::move(groups_);
  for (std::size_t i = 0; i < kDimensions; ++i) {
    columns->names[i] = std::move(names_[i].names);
    if (columns->names[i].empty()) columns->names[i].emplace_back();
  }
  const auto& keys = columns->keys;
  auto& calls = values_[at(Sum::kCalls)];
  calls.resize(keys.size());
  std::vector<RollupBucket> buckets(question_.bounds.size() - 1);
  std::vector<std::size_t> sizes(buckets.size());
  for (std::size_t number = 0; number < keys.size(); ++number) {
    if (calls[number] != 0) ++sizes[keys[number].bucket];
  }
  for (std::size_t i = 0; i < buckets.size(); ++i) buckets[i].reserve(sizes[i]);
  for (std::size_t number = 0; number < keys.size(); ++number) {
    if (calls[number] == 0) continue;
    buckets[keys[number].bucket].emplace_back(*columns, static_cast<std::uint32_t>(number));
  }
  for (std::size_t i = 0; i < kSums; ++i) {
    if ((question_.sums >> i & 1) == 0 || values_[i].empty()) continue;
    columns->sums[i] = std::move(values_[i]);
    columns->sums[i].resize(keys.size());
  }
  return {.columns = std::move(columns), .buckets = std::move(buckets)};
}

}  // namespace tg::ledger
