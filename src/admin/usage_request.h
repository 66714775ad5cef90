// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "admin/api_handlers.h"
#include "ledger/rollup_query.h"

// What the usage and costs operations of the Admin API share: how a query says times, pages and
// filters, and how the answer is put together.
//
// Threading:  pure.
// Errors:     kFieldInvalid with the field's name.
namespace tg::admin {

// How long a bucket is, and how many a page may have.
struct BucketWidth {
  std::string_view name;
  ledger::Minute minutes = 0;
  std::int64_t buckets = 0;  // where nothing is asked
  std::int64_t buckets_max = 0;
};

struct UsagePage {
  std::vector<ledger::Minute> bounds;  // of this page's buckets; fewer than two: there is none
  std::string next;                    // "": there is no next page
};

// Buckets are UTC's minutes, hours and days; the first begins at start_time and the last one ends
// at end_time, or now, wherever in a bucket these are.
[[nodiscard]] ApiResult<UsagePage> read_usage_page(const Json& query,
                                                   std::span<const BucketWidth> widths,
                                                   WallTime now);

// Refuses a parameter that neither all of these operations have nor `is_filter` knows.
using IsUsageFilter = std::function<bool(std::string_view name)>;
[[nodiscard]] ApiResult<void> check_usage_fields(const Json& query, const IsUsageFilter& is_filter);

// All texts of a parameter that may stand more than once; none: it is not there.
[[nodiscard]] ApiResult<std::vector<std::string>> query_texts(const Json& query,
                                                              std::string_view field);

// Groups whose values are the same are one result; those without values are left out. In the order
// of the values' texts.
struct UsageResult {
  Json values;
  ledger::Sums sums{};
};
using GroupValues = std::function<std::optional<Json>(const ledger::RollupGroup& group)>;
[[nodiscard]] std::vector<UsageResult> merge_groups(const ledger::RollupBucket& bucket,
                                                    const GroupValues& values_of);

// The answer; `results` has an array for each of the page's buckets.
[[nodiscard]] Json usage_page_json(const UsagePage& page, std::vector<Json> results);

}  // namespace tg::admin
