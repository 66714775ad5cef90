// SPDX-License-Identifier: Apache-2.0
#include "admin/usage_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>

#include "admin/pages.h"

namespace tg::admin {
namespace {

using ledger::Minute;

constexpr std::size_t kValuesMax = 1'000;
constexpr std::string_view kCursorPrefix = "page_";

std::optional<std::int64_t> parse_number(std::string_view text) {
  std::int64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

ApiResult<const BucketWidth*> read_width(const Json& query, std::span<const BucketWidth> widths) {
  TG_TRY(const auto text, optional_text(query, "bucket_width"));
  if (text.empty()) return &widths.front();
  const auto found = std::ranges::find(widths, text, &BucketWidth::name);
  if (found != widths.end()) return &*found;
  std::string names;
  for (const auto& width : widths) names += (names.empty() ? "" : ", ") + std::string{width.name};
  return refuse(Code::kFieldInvalid, fmt::format("'bucket_width' is one of: {}.", names),
                "bucket_width");
}

struct Range {
  Minute from = 0;
  Minute to = 0;
};
ApiResult<Range> read_range(const Json& query, WallTime now) {
  constexpr std::string_view kTime = "a time in Unix seconds";
  TG_TRY(const auto start, read_query_number(query, "start_time", 0, kUnixSecondsMax, kTime));
  TG_TRY(const auto end, read_query_number(query, "end_time", 0, kUnixSecondsMax, kTime));
  if (!start) {
    return refuse(Code::kFieldInvalid,
                  "'start_time' is missing: Unix seconds from which usage is wanted.",
                  "start_time");
  }
  const auto to_s = end.value_or(to_unix_s(now) + 60);
  if (end && *end <= *start) {
    return refuse(Code::kFieldInvalid, "'end_time' is not after 'start_time'.", "end_time");
  }
  const auto minute = [](std::int64_t seconds) { return static_cast<Minute>(seconds / 60); };
  return Range{.from = minute(*start), .to = std::max(minute(*start), minute(to_s))};
}

// The cursor is the minute at which the page begins.
ApiResult<Minute> read_cursor(const Json& query, const Range& range, Minute width) {
  TG_TRY(const auto text, optional_text(query, "page"));
  if (text.empty()) return range.from;
  const auto number = text.starts_with(kCursorPrefix)
                          ? parse_number(std::string_view{text}.substr(kCursorPrefix.size()))
                          : std::nullopt;
  if (number && *number > range.from && *number < range.to && *number % width == 0) {
    return static_cast<Minute>(*number);
  }
  return refuse(Code::kFieldInvalid,
                "'page' is the next_page of an answer to the same question, unchanged.", "page");
}

// Of each of these operations.
bool is_usage_field(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 6> kFields{"start_time", "end_time", "bucket_width",
                                                    "group_by",   "limit",    "page"};
  return std::ranges::find(kFields, name) != kFields.end();
}

}  // namespace

ApiResult<UsagePage> read_usage_page(const Json& query, std::span<const BucketWidth> widths,
                                     WallTime now) {
  TG_TRY(const auto* width, read_width(query, widths));
  TG_TRY(const auto limit, read_query_number(query, "limit", 1, width->buckets_max,
                                             fmt::format("from 1 to {} buckets of {}",
                                                         width->buckets_max, width->name)));
  TG_TRY(const auto range, read_range(query, now));
  TG_TRY(auto at, read_cursor(query, range, width->minutes));
  UsagePage page;
  const auto count = limit.value_or(width->buckets);
  while (at < range.to && std::ssize(page.bounds) < count) {
    page.bounds.push_back(at);
    at = at - at % width->minutes + width->minutes;
  }
  if (page.bounds.empty()) return page;
  page.bounds.push_back(std::min(at, range.to));
  if (at < range.to) page.next = fmt::format("{}{}", kCursorPrefix, at);
  return page;
}

ApiResult<void> check_usage_fields(const Json& query, const IsUsageFilter& is_filter) {
  for (const auto& [name, value] : query.items()) {
    if (is_usage_field(name) || is_filter(name)) continue;
    return refuse(Code::kFieldInvalid, fmt::format("Unknown query parameter '{}'.", name), name);
  }
  return {};
}

ApiResult<std::vector<std::string>> query_texts(const Json& query, std::string_view field) {
  return read_query_texts(query, field, kValuesMax);
}

std::vector<UsageResult> merge_groups(const ledger::RollupBucket& bucket,
                                      const GroupValues& values_of) {
  std::map<std::string, UsageResult> merged;
  for (const auto& group : bucket) {
    auto values = values_of(group);
    if (!values) continue;
    auto& result = merged[values->dump()];
    result.values = *std::move(values);
    ledger::add(result.sums, group.sums());
  }
  std::vector<UsageResult> results;
  for (auto& [text, result] : merged) results.push_back(std::move(result));
  return results;
}

Json usage_page_json(const UsagePage& page, std::vector<Json> results) {
  auto data = Json::array();
  for (std::size_t i = 0; i < results.size(); ++i) {
    data.push_back(Json{{"object", "bucket"},
                        {"start_time", std::int64_t{page.bounds[i]} * 60},
                        {"end_time", std::int64_t{page.bounds[i + 1]} * 60},
                        {"results", std::move(results[i])}});
  }
  return Json{{"object", "page"},
              {"data", std::move(data)},
              {"has_more", !page.next.empty()},
              {"next_page", page.next.empty() ? Json(nullptr) : Json(page.next)}};
}

}  // namespace tg::admin
