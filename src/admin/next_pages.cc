// SPDX-License-Identifier: Apache-2.0
#include "admin/next_pages.h"

#include <fmt/format.h>

#include <charconv>

#include "admin/arguments.h"
#include "base/result.h"

namespace tg::admin {
namespace {

ApiResult<std::size_t> read_limit(const Json& query, const NextPageRules& rules) {
  TG_TRY(const auto text, optional_text(query, "limit"));
  if (text.empty()) return rules.limit;
  std::size_t limit = 0;
  const auto* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, limit);
  if (parsed.ec == std::errc{} && parsed.ptr == end && limit <= rules.limit_max) return limit;
  return refuse(Code::kFieldInvalid,
                fmt::format("'limit' must be a whole number from 0 to {}.", rules.limit_max),
                "limit");
}

}  // namespace

ApiResult<NextPage> read_next_page(const Json& query, const NextPageRules& rules) {
  for (const auto& [name, value] : query.items()) {
    if (name == "after" || name == "limit" || name == "order") continue;
    return refuse(Code::kFieldInvalid, fmt::format("Unknown query parameter '{}'.", name), name);
  }
  NextPage page;
  TG_TRY(page.limit, read_limit(query, rules));
  TG_TRY(page.after, optional_text(query, "after"));
  TG_TRY(const auto order, optional_text(query, "order"));
  if (!order.empty() && order != "asc" && order != "desc") {
    return refuse(Code::kFieldInvalid, "'order' is asc or desc.", "order");
  }
  page.newest_first = order.empty() ? rules.newest_first : order == "desc";
  return page;
}

}  // namespace tg::admin
