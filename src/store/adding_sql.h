// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

// The text of a statement that adds to rows of sums, the same for every engine.
//
// Threading:  pure.
namespace tg::store {

struct AddingTable {
  std::string name;
  std::string keys;  // "a,b,c"
  std::string sums;

  [[nodiscard]] std::size_t columns() const;  // keys and sums
};

// `source` gives the rows: VALUES, or a SELECT.
[[nodiscard]] std::string adding_sql(const AddingTable& table, const std::string& source);

}  // namespace tg::store
