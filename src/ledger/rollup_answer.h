// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ledger/rollup.h"

// What a question about rollups is answered with. Groups share their names, and their sums stand
// column by column: fifty thousand groups with texts and thirty sums of their own would be 24 MB.
//
// Threading:  what is const may be read by any thread.
// Lifetime:   a group is valid as long as the answer it is from, which may be moved.
namespace tg::ledger {

struct RollupKey {
  std::uint32_t bucket = 0;
  std::array<std::uint32_t, kDimensions> names{};  // each a number among that dimension's names

  friend bool operator==(const RollupKey&, const RollupKey&) = default;
};

struct RollupColumns {
  // One that is empty stands where a dimension was not asked for.
  std::array<std::vector<std::string>, kDimensions> names;
  std::vector<RollupKey> keys;
  // Of each group; a column that is empty is zero in all of them.
  std::array<std::vector<std::int64_t>, kSums> sums;
};

class RollupGroup {
 public:
  RollupGroup(const RollupColumns& columns, std::uint32_t number)
      : columns_{&columns}, number_{number} {}

  // Of the dimensions that were asked for; the others are empty.
  [[nodiscard]] const std::string& name(Dimension dimension) const {
    const auto index = static_cast<std::size_t>(dimension);
    return columns_->names[index][columns_->keys[number_].names[index]];
  }
  // Of the sums that were asked for; the others are zero.
  [[nodiscard]] std::int64_t sum(Sum which) const { return value(at(which)); }
  [[nodiscard]] Sums sums() const {
    Sums all{};
    for (std::size_t i = 0; i < kSums; ++i) all[i] = value(i);
    return all;
  }

 private:
  [[nodiscard]] std::int64_t value(std::size_t number) const {
    const auto& column = columns_->sums[number];
    return column.empty() ? 0 : column[number_];
  }

  const RollupColumns* columns_;
  std::uint32_t number_;
};

// Groups in no order; none where nothing was used.
using RollupBucket = std::vector<RollupGroup>;

struct RollupAnswer {
  std::unique_ptr<const RollupColumns> columns;  // null: there are no groups
  std::vector<RollupBucket> buckets;
};

}  // namespace tg::ledger
