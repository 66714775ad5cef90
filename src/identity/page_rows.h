// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>
#include <soci/soci.h>

#include <string>
#include <vector>

#include "identity/pages.h"
#include "identity/rows.h"

// How this room reads a page inside a transaction (pages.h). May throw what SOCI throws.
namespace tg::identity {

struct PageColumns {
  const char* time;  // "m.created_unix_ms"
  const char* id;    // "m.user_id"
  // When the item was made that the page comes behind: its first parameter is the item's id.
  const char* cursor;
};

// What stands behind a query's conditions so that it gives the page and one item more. `values` are
// the query's, and get what the clause has as parameters; `owner` is the cursor's second one.
[[nodiscard]] inline Result<std::string> page_clause(soci::session& session, const PageQuery& page,
                                                     const PageColumns& columns,
                                                     const std::string& owner,
                                                     std::vector<std::string>& values) {
  std::string begin;
  if (!page.after.empty()) {
    long long made_unix_ms = 0;
    session << columns.cursor, soci::use(page.after), soci::use(owner), soci::into(made_unix_ms);
    if (!session.got_data()) return fail(Code::kNotFound, "the page's beginning is not there");
    begin = fmt::format(" AND ({}, {}) {} ({}, :after)", columns.time, columns.id,
                        page.newest_first ? '<' : '>', made_unix_ms);
    values.push_back(page.after);
  }
  const auto* order = page.newest_first ? " DESC" : "";
  return fmt::format("{} ORDER BY {}{}, {}{} LIMIT {}", begin, columns.time, order, columns.id,
                     order, page.limit + 1);
}

template <typename Item>
[[nodiscard]] PageOf<Item> cut_page(std::vector<Item> items, const PageQuery& page) {
  const bool has_more = items.size() > page.limit;
  if (has_more) items.pop_back();
  return {.items = std::move(items), .has_more = has_more};
}

// `select` ends in its conditions. `values` are its parameters, the first of them the cursor's
// second one; `Row` as select_rows() takes it.
template <typename Row>
[[nodiscard]] auto read_page_of(store::Database& database, const std::string& select,
                                std::vector<std::string> values, const PageColumns& columns,
                                const PageQuery& page) -> Result<PageOf<decltype(Row{}.item())>> {
  PageOf<decltype(Row{}.item())> found;
  const auto owner = values.front();
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(const auto clause, page_clause(session, page, columns, owner, values));
    found = cut_page(select_rows<Row>(session, select + clause, values), page);
    return {};
  }));
  return found;
}

}  // namespace tg::identity
