// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "admin/api_error.h"

// Lists a page at a time, in the dialect whose cursor is an item's id: `after` names the last one
// that the caller has. What the SDKs need of it is in OPENAI-CONTRACT 1.2: has_more always, last_id
// wherever there is more, no empty page in the middle.
//
// Threading:  pure.
// Limits:     1 to 100 items, 20 where nothing is asked; operations of ours take more.
// Errors:     kFieldInvalid: `limit` out of range, `after` names none of the list.
namespace tg::admin {

struct Page {
  std::size_t limit = 20;
  std::string after;
};

// Refuses fields that are neither `after`, `limit` nor among `others`. `limit` items where the
// request names no number.
[[nodiscard]] ApiResult<Page> read_page(const Json& query,
                                        std::initializer_list<std::string_view> others = {},
                                        std::size_t limit = 20);

// Of an operation of ours: 1 to 1,000 items, 1,000 where the arguments name no number.
[[nodiscard]] ApiResult<Page> read_operation_page(const Json& arguments);

// "true", "false" or absent.
[[nodiscard]] ApiResult<bool> read_query_flag(const Json& query, std::string_view field);

// A whole number, or nothing where the parameter is not there. `what` it has to be, for people:
// "a time in Unix seconds".
[[nodiscard]] ApiResult<std::optional<std::int64_t>> read_query_number(const Json& query,
                                                                       std::string_view field,
                                                                       std::int64_t least,
                                                                       std::int64_t most,
                                                                       std::string_view what);

// All texts of a parameter that may stand more than once, `most` of them; none: it is not there.
[[nodiscard]] ApiResult<std::vector<std::string>> read_query_texts(const Json& query,
                                                                   std::string_view field,
                                                                   std::size_t most);

[[nodiscard]] std::unexpected<ApiError> refuse_after(const std::string& after);

// Of a page that was cut already. `id_of` gives an item's id as a text, `to_json` shows it.
template <typename Item, typename IdOf, typename ToJson>
[[nodiscard]] Json shown_page(std::span<Item> items, bool has_more, IdOf id_of, ToJson to_json) {
  auto data = Json::array();
  for (const auto& item : items) data.push_back(to_json(item));
  return Json{{"object", "list"},
              {"data", std::move(data)},
              {"first_id", items.empty() ? Json(nullptr) : Json(id_of(items.front()))},
              {"last_id", items.empty() ? Json(nullptr) : Json(id_of(items.back()))},
              {"has_more", has_more}};
}

// Of a page as identity/pages.h reads it, behind `after`.
template <typename Found, typename IdOf, typename ToJson>
[[nodiscard]] ApiResult<Json> show_page(const Found& found, const std::string& after, IdOf id_of,
                                        ToJson to_json) {
  if (!found && found.error().code == Code::kNotFound) return refuse_after(after);
  if (!found) return std::unexpected(to_api_error(found.error()));
  return shown_page(std::span{found->items}, found->has_more, id_of, to_json);
}

// Cuts the page out of a whole list, which is short.
template <typename Item, typename IdOf, typename ToJson>
[[nodiscard]] ApiResult<Json> page_of(const std::vector<Item>& items, const Page& page, IdOf id_of,
                                      ToJson to_json) {
  auto begin = items.begin();
  if (!page.after.empty()) {
    begin = std::ranges::find(items, page.after, id_of);
    if (begin == items.end()) return refuse_after(page.after);
    ++begin;
  }
  const auto left = static_cast<std::size_t>(items.end() - begin);
  const auto count = std::min(left, page.limit);
  return shown_page(std::span{begin, count}, count < left, id_of, to_json);
}

}  // namespace tg::admin
