// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

// A table of sums against what it is the sums of: first the table's rows, then whatever adds to
// them, and what is left over is a difference.
//
// Threading:  one thread's.
// Limits:     holds the table's rows, and no more than a thousand that the table lacks.
namespace tg::ledger {

// A row's key as one string: its parts, each with its length before it.
class RowKey {
 public:
  RowKey& operator<<(std::string_view part) {
    const auto size = static_cast<std::uint32_t>(part.size());
    for (int byte = 0; byte < 4; ++byte) text_ += static_cast<char>(size >> (8 * byte));
    text_ += part;
    return *this;
  }
  void clear() { text_.clear(); }
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] std::size_t hash() const { return std::hash<std::string>{}(text_); }

  // The parts of a key, with slashes between.
  [[nodiscard]] static std::string to_people(std::string_view text) {
    std::string told;
    while (text.size() >= 4) {
      std::size_t size = 0;
      for (std::size_t byte = 0; byte < 4; ++byte) {
        size |= std::size_t{static_cast<unsigned char>(text[byte])} << (8 * byte);
      }
      if (!told.empty()) told += '/';
      told += size == 0 ? std::string_view{"-"} : text.substr(4, size);
      text.remove_prefix(4 + size);
    }
    return told;
  }

 private:
  std::string text_;
};

template <std::size_t kSums>
class SumTable {
 public:
  using Sums = std::array<std::int64_t, kSums>;

  // Before the first add(). What the table has in several rows of one key is one row here.
  void expect(const RowKey& key, const Sums& sums) {
    auto& row = rows_[key.text()].table;
    for (std::size_t i = 0; i < kSums; ++i) row[i] += sums[i];
  }

  void add(const RowKey& key, const Sums& sums) {
    auto row = rows_.find(key.text());
    if (row == rows_.end()) {
      const auto missing = missing_.find(key.text());
      if (missing == missing_.end() && missing_.size() >= kMissingMax) return;
      auto& found = missing == missing_.end() ? missing_[key.text()] : missing->second;
      for (std::size_t i = 0; i < kSums; ++i) found[i] += sums[i];
      return;
    }
    row->second.is_touched = true;
    for (std::size_t i = 0; i < kSums; ++i) row->second.added[i] += sums[i];
  }

  struct Mismatch {
    std::string key;
    std::optional<Sums> table;  // nothing: the table has no such row
    std::optional<Sums> added;  // nothing: nothing adds to it
    std::size_t column = 0;     // the first that differs, where both are there
  };
  // The one whose key comes first.
  [[nodiscard]] std::optional<Mismatch> first() const {
    std::optional<Mismatch> found;
    for (const auto& [key, row] : rows_) {
      if (row.is_touched && row.table == row.added) continue;
      if (found && found->key < key) continue;
      const auto differing = std::ranges::mismatch(row.table, row.added);
      found = {.key = key,
               .table = row.table,
               .added = row.is_touched ? std::optional{row.added} : std::nullopt,
               .column = static_cast<std::size_t>(differing.in1 - row.table.begin())};
    }
    if (!missing_.empty() && (!found || missing_.begin()->first < found->key)) {
      found = {
          .key = missing_.begin()->first, .table = std::nullopt, .added = missing_.begin()->second};
    }
    return found;
  }

 private:
  static constexpr std::size_t kMissingMax = 1'000;
  struct Row {
    Sums table{};
    Sums added{};
    bool is_touched = false;
  };

  std::unordered_map<std::string, Row> rows_;
  std::map<std::string, Sums> missing_;
};

}  // namespace tg::ledger
