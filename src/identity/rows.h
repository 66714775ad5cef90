// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <soci/soci.h>

#include <string>
#include <vector>

// A query's rows, one after the other, inside a transaction. For this room only; may throw what
// SOCI throws.
namespace tg::identity {

// `Row` binds its columns with `bind(statement)` and makes an item of them with `item()`. The query
// has one parameter for each of the values, in their order.
template <typename Row>
auto select_rows(soci::session& session, const std::string& query,
                 const std::vector<std::string>& values) {
  Row row;
  std::vector<decltype(row.item())> items;
  soci::statement select{session};
  row.bind(select);
  for (const auto& value : values) select.exchange(soci::use(value));
  select.alloc();
  select.prepare(query);
  select.define_and_bind();
  select.execute();
  while (select.fetch()) items.push_back(row.item());
  return items;
}

struct TextRow {
  std::string text;
  void bind(soci::statement& select) { select.exchange(soci::into(text)); }
  [[nodiscard]] std::string item() const { return text; }
};

// "(:id0, :id1)": a list's parameters, one or more. `prefix` is "id".
[[nodiscard]] std::string parameters(const char* prefix, std::size_t count);

// What a `SELECT count(*)` says.
[[nodiscard]] long long count_rows(soci::session& session, const std::string& query,
                                   const std::vector<std::string>& values);
// A statement that changes rows.
void execute(soci::session& session, const std::string& statement,
             const std::vector<std::string>& values);

}  // namespace tg::identity
