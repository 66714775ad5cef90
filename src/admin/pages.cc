// SPDX-License-Identifier: Apache-2.0
#include "admin/pages.h"

#include <fmt/format.h>

#include <charconv>

#include "admin/arguments.h"
#include "base/result.h"

namespace tg::admin {
namespace {

constexpr std::size_t kLimitMax = 100;
constexpr std::int64_t kOperationLimitMax = 1'000;

bool is_known(std::string_view name, std::initializer_list<std::string_view> others) {
  return name == "after" || name == "limit" || std::ranges::find(others, name) != others.end();
}

ApiResult<std::size_t> parse_limit(const std::string& text) {
  std::size_t limit = 0;
  const auto* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, limit);
  if (parsed.ec == std::errc{} && parsed.ptr == end && limit >= 1 && limit <= kLimitMax) {
    return limit;
  }
  return refuse(Code::kFieldInvalid,
                fmt::format("'limit' must be a whole number from 1 to {}.", kLimitMax), "limit");
}

}  // namespace

ApiResult<Page> read_page(const Json& query, std::initializer_list<std::string_view> others,
                          std::size_t limit) {
  for (const auto& [name, value] : query.items()) {
    if (is_known(name, others)) continue;
    return refuse(Code::kFieldInvalid, fmt::format("Unknown query parameter '{}'.", name), name);
  }
  Page page{.limit = limit, .after = {}};
  TG_TRY(page.after, optional_text(query, "after"));
  TG_TRY(const auto wanted, optional_text(query, "limit"));
  if (!wanted.empty()) {
    TG_TRY(page.limit, parse_limit(wanted));
  }
  return page;
}

ApiResult<Page> read_operation_page(const Json& arguments) {
  Page page;
  TG_TRY(const auto limit,
         optional_number(arguments, "limit", kOperationLimitMax, 1, kOperationLimitMax));
  page.limit = static_cast<std::size_t>(limit);
  TG_TRY(page.after, optional_text(arguments, "after"));
  return page;
}

ApiResult<bool> read_query_flag(const Json& query, std::string_view field) {
  TG_TRY(const auto text, optional_text(query, field));
  if (text == "true") return true;
  if (text.empty() || text == "false") return false;
  return refuse(Code::kFieldInvalid, fmt::format("'{}' is true or false.", field),
                std::string{field});
}

ApiResult<std::optional<std::int64_t>> read_query_number(const Json& query, std::string_view field,
                                                         std::int64_t least, std::int64_t most,
                                                         std::string_view what) {
  TG_TRY(const auto text, optional_text(query, field));
  if (text.empty()) return std::nullopt;
  std::int64_t number = 0;
  const auto* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (parsed.ec == std::errc{} && parsed.ptr == end && number >= least && number <= most) {
    return number;
  }
  return refuse(Code::kFieldInvalid, fmt::format("'{}' is {}.", field, what), std::string{field});
}

ApiResult<std::vector<std::string>> read_query_texts(const Json& query, std::string_view field,
                                                     std::size_t most) {
  const auto found = query.find(field);
  if (found == query.end()) return std::vector<std::string>{};
  auto texts = found->is_array() ? found->get<std::vector<std::string>>()
                                 : std::vector{found->get<std::string>()};
  if (texts.size() <= most) return texts;
  return refuse(Code::kFieldInvalid, fmt::format("'{}' takes at most {} values.", field, most),
                std::string{field});
}

std::unexpected<ApiError> refuse_after(const std::string& after) {
  return refuse(Code::kFieldInvalid,
                fmt::format("'{}' is not in this list; 'after' takes the last_id of the page "
                            "before.",
                            after),
                "after");
}

}  // namespace tg::admin
