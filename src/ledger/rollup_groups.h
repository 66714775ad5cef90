// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "ledger/rollup_cover.h"
#include "ledger/rollup_query.h"

// Rows of many tables, added up by bucket and group. What was taken from a group may leave nothing
// of it: then it is none.
//
// Threading:  one thread's.
// Limits:     kGroupsMax groups; then is_full(), and nothing more is added.
namespace tg::ledger {

class RollupGroups {
 public:
  explicit RollupGroups(const RollupQuestion& question);

  // The rows whose minute, plus `begin`, is in the piece.
  void add(const RollupTable& table, Minute begin, const Piece& piece);
  [[nodiscard]] bool is_full() const noexcept { return groups_.size() > kGroupsMax; }
  // Nothing is left here.
  [[nodiscard]] RollupAnswer take();

 private:
  static constexpr std::uint32_t kNone = kNoBucket;
  using Key = RollupKey;
  struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept;
  };
  struct Name {
    std::unordered_map<std::string, std::uint32_t> numbers;
    std::vector<std::string> names;
  };
  // A table's own numbers of names, as this one's; kNone: filtered out.
  using Translation = std::array<std::vector<std::uint32_t>, kDimensions>;

  [[nodiscard]] Translation translate(const RollupTable& table);
  [[nodiscard]] std::uint32_t group_of(const Key& key);
  [[nodiscard]] std::uint32_t& slot_of(const Key& key);
  // A group for each row of a table; kNone: of none.
  using Groups = std::vector<std::uint32_t>;
  // The columns that a row's group depends on.
  struct ReadColumn {
    Dimension dimension{};
    const std::uint32_t* own = nullptr;  // of each row; null: 0 in all
    const std::vector<std::uint32_t>* numbers = nullptr;
  };
  [[nodiscard]] std::vector<ReadColumn> columns_to_read(const RollupTable& table,
                                                        const Translation& translation) const;
  // `bucket` is that of all rows; nothing: each has its own.
  [[nodiscard]] Groups groups_of_rows(const RollupTable& table, Minute begin, const Piece& piece,
                                      std::optional<std::uint32_t> bucket);
  // Where the rows have no minutes and their names few combinations.
  [[nodiscard]] Groups groups_by_combination(const std::vector<ReadColumn>& columns,
                                             std::size_t rows, std::size_t combinations,
                                             std::uint32_t bucket);
  void add_values(const RollupTable& table, const Groups& groups, std::int64_t times);
  [[nodiscard]] std::uint32_t group_of_row(const std::vector<ReadColumn>& columns, std::size_t row,
                                           std::uint32_t bucket);

  const RollupQuestion& question_;
  struct Filter {
    Dimension dimension{};
    std::unordered_set<std::string_view> any_of;
  };
  std::vector<Filter> filters_;
  std::vector<std::size_t> sums_;  // that are wanted, and calls
  std::vector<Dimension> grouped_;
  std::array<Name, kDimensions> names_;
  std::unordered_map<Key, std::uint32_t, KeyHash> numbers_;
  // The same where there is one bucket and at most two dimensions are grouped: by the numbers of
  // their names. A year's keys and models are 50,000 groups in each of twelve blocks.
  bool by_pair_ = false;
  std::vector<std::vector<std::uint32_t>> pairs_;
  std::vector<Key> groups_;
  std::array<std::vector<std::int64_t>, kSums> values_;  // of each group, or of the first ones
};

}  // namespace tg::ledger
