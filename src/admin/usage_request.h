// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "admin/api_handlers.h"
#include "ledger/rollup.h"

// What a query of the usage and costs operations says about time, pages and filters.
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

// Whether each of these operations has a parameter of this name.
[[nodiscard]] bool is_usage_field(std::string_view name) noexcept;

// All texts of a parameter that may stand more than once; none: it is not there.
[[nodiscard]] ApiResult<std::vector<std::string>> query_texts(const Json& query,
                                                              std::string_view field);

}  // namespace tg::admin
