// SPDX-License-Identifier: Apache-2.0
#include "ledger/rollup_groups.h"

#include <algorithm>
#include <bit>
#include <ranges>

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
    if ((question.sums >> i & 1) != 0) sums_.push_back(i);
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

std::uint32_t RollupGroups::bucket_of(Minute minute) const {
  const auto& bounds = question_.bounds;
  const auto after = std::ranges::upper_bound(bounds, minute);
  if (after == bounds.begin() || after == bounds.end()) return kNone;
  return static_cast<std::uint32_t>(after - bounds.begin() - 1);
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
    values_.resize(values_.size() + sums_.size());
  }
  return slot;
}

std::vector<std::uint32_t> RollupGroups::groups_of_rows(const RollupTable& table, Minute begin,
                                                        Minute from, Minute to) {
  const auto translation = translate(table);
  // Which numbers a row's dimensions have matters only where they are grouped or filtered.
  std::vector<Dimension> read;
  std::size_t combinations = 1;
  for (std::size_t i = 0; i < kDimensions; ++i) {
    const auto dimension = static_cast<Dimension>(i);
    const auto& numbers = translation[i];
    const bool matters = std::ranges::any_of(numbers, [](auto number) { return number != 0; }) ||
                         question_.group_by.contains(dimension);
    if (!matters) continue;
    read.push_back(dimension);
    combinations *= std::max<std::size_t>(numbers.size(), 1);
    combinations = std::min(combinations, kDenseMax + 1);
  }
  const bool dense = table.minutes().empty() && combinations <= kDenseMax;
  std::vector<std::uint32_t> found_before(dense ? combinations : 0, 0);  // a group and two

  std::vector<std::uint32_t> groups(table.rows(), kNone);
  for (std::size_t row = 0; row < table.rows(); ++row) {
    Key key;
    std::size_t combination = 0;
    bool passes = true;
    for (const auto dimension : read) {
      const auto& column = table.column(dimension);
      const auto& numbers = translation[index(dimension)];
      const auto own = column.empty() ? 0 : column[row];
      combination = combination * numbers.size() + own;
      passes = passes && numbers[own] != kNone;
      key.names[index(dimension)] = numbers[own];
    }
    if (!passes) continue;
    if (dense && found_before[combination] != 0) {
      groups[row] = found_before[combination] - 1;
      continue;
    }
    const auto minute = begin + table.minute_of_row(row);
    if (minute < from || minute >= to) continue;
    key.bucket = bucket_of(minute);
    if (key.bucket == kNone) continue;
    groups[row] = group_of(key);
    if (dense) found_before[combination] = groups[row] + 1;
  }
  return groups;
}

void RollupGroups::add(const RollupTable& table, Minute begin, Minute from, Minute to) {
  if (is_full()) return;
  const auto groups = groups_of_rows(table, begin, from, to);
  for (std::size_t i = 0; i < sums_.size(); ++i) {
    const auto& column = table.sum(sums_[i]);
    if (column.empty()) continue;
    for (std::size_t row = 0; row < groups.size(); ++row) {
      if (groups[row] != kNone) values_[groups[row] * sums_.size() + i] += column[row];
    }
  }
}

std::vector<RollupBucket> RollupGroups::take() {
  std::vector<RollupBucket> buckets(question_.bounds.size() - 1);
  for (std::size_t number = 0; number < groups_.size(); ++number) {
    const auto& key = groups_[number];
    auto& group = buckets[key.bucket].emplace_back();
    for (const auto dimension : grouped_) {
      group.names[index(dimension)] = names_[index(dimension)].names[key.names[index(dimension)]];
    }
    for (std::size_t i = 0; i < sums_.size(); ++i) {
      group.sums[sums_[i]] = values_[number * sums_.size() + i];
    }
  }
  return buckets;
}

}  // namespace tg::ledger
