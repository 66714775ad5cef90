// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <ranges>
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

// `items` stand by age. `id_of` gives an item's id as a text, `to_json` shows it.
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
  const auto end = begin + static_cast<std::ptrdiff_t>(std::min(left, page.limit));
  auto data = Json::array();
  for (auto item = begin; item != end; ++item) data.push_back(to_json(*item));
  const bool has_more = end != items.end();
  return Json{{"object", "list"},
              {"data", std::move(data)},
              {"has_more", has_more},
              {"next", has_more && end != begin ? Json(id_of(*(end - 1))) : Json(nullptr)}};
}

}  // namespace tg::admin
