// SPDX-License-Identifier: Apache-2.0
#include "store/adding_sql.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <string_view>

namespace tg::store {

std::size_t AddingTable::columns() const {
  return static_cast<std::size_t>(2 + std::ranges::count(keys, ',') +
                                  std::ranges::count(sums, ','));
}

std::string adding_sql(const AddingTable& table, const std::string& source) {
  std::string added;
  for (const auto part : std::views::split(table.sums, ',')) {
    const std::string_view sum{part.begin(), part.end()};
    added += fmt::format("{}{} = {}.{} + excluded.{}", added.empty() ? "" : ", ", sum, table.name,
                         sum, sum);
  }
  return fmt::format("INSERT INTO {} ({},{}) {} ON CONFLICT ({}) DO UPDATE SET {}", table.name,
                     table.keys, table.sums, source, table.keys, added);
}

}  // namespace tg::store
