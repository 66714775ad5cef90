// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <ranges>
#include <span>
#include <string>
#include <vector>

#include "admin/pages.h"

// Lists a page at a time, in the dialect of groups and roles: `next` is the cursor that `after`
// takes, here the id of a page's last item.
//
// Threading:  pure.
// Errors:     kFieldInvalid: `limit` or `order` out of range, `after` names none of the list.
namespace tg::admin {

// What an operation's description says.
struct NextPageRules {
  std::size_t limit = 100;  // where nothing is asked
  std::size_t limit_max = 1000;
  bool newest_first = false;  // where nothing is asked
};

struct NextPage {
  std::size_t limit = 100;
  std::string after;
  bool newest_first = false;
};

[[nodiscard]] ApiResult<NextPage> read_next_page(const Json& query, const NextPageRules& rules);

// `id_of` gives an item's id as a text, `to_json` shows it.
template <typename Item, typename IdOf, typename ToJson>
[[nodiscard]] Json shown_next_page(std::span<Item> items, bool has_more, IdOf id_of,
                                   ToJson to_json) {
  auto data = Json::array();
  for (const auto& item : items) data.push_back(to_json(item));
  return Json{{"object", "list"},
              {"data", std::move(data)},
              {"has_more", has_more},
              {"next", has_more && !items.empty() ? Json(id_of(items.back())) : Json(nullptr)}};
}

// Of a page as identity/pages.h reads it, behind `after`.
template <typename Found, typename IdOf, typename ToJson>
[[nodiscard]] ApiResult<Json> show_next_page(const Found& found, const std::string& after,
                                             IdOf id_of, ToJson to_json) {
  if (!found && found.error().code == Code::kNotFound) return refuse_after(after);
  if (!found) return std::unexpected(to_api_error(found.error()));
  return shown_next_page(std::span{found->items}, found->has_more, id_of, to_json);
}

// Cuts the page out of a whole list, which is short and stands by age.
template <typename Item, typename IdOf, typename ToJson>
[[nodiscard]] ApiResult<Json> next_page_of(std::vector<Item> items, const NextPage& page,
                                           IdOf id_of, ToJson to_json) {
  if (page.newest_first) std::ranges::reverse(items);
  auto begin = items.begin();
  if (!page.after.empty()) {
    begin = std::ranges::find(items, page.after, id_of);
    if (begin == items.end()) return refuse_after(page.after);
    ++begin;
  }
  const auto left = static_cast<std::size_t>(items.end() - begin);
  const auto count = std::min(left, page.limit);
  return shown_next_page(std::span{begin, count}, count < left, id_of, to_json);
}

}  // namespace tg::admin
