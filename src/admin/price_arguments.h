// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "admin/arguments.h"
#include "providers/price_decisions.h"

// Reads and shows what a model costs. A price is an object: `unit`, one of `usd_per_million`,
// `usd_per_unit` and `nanousd_per_million`, and perhaps `tier`, `size`, `quality` and
// `above_input_tokens` (docs/prices.md).
//
// Threading:  pure.
// Limits:     200 prices of a model.
// Errors:     kFieldInvalid, with the field and what would do in its place.
namespace tg::admin {

// A price that is far beyond any known is taken for a slip unless `confirmed`.
[[nodiscard]] ApiResult<config::PriceList> read_prices(const Json& arguments, bool confirmed);
// `changes` in the place of what `now` says of the same cases, and what `now` says else.
[[nodiscard]] config::PriceList merge(const config::PriceList& now,
                                      const config::PriceList& changes);
[[nodiscard]] Json price_json(const config::Price& price);
[[nodiscard]] Json prices_json(const config::PriceList& prices);

// None of `prices` is more than a thousand times what the catalogue says of the same case.
[[nodiscard]] ApiResult<void> check_against(const config::Model& shipped,
                                            const config::PriceList& prices);

// When it begins: `from`, a day (UTC) or an instant that is still to come; else `now`.
[[nodiscard]] ApiResult<WallTime> read_beginning(const Json& arguments, WallTime now);

// Of one decision: model, kind, limits, reason. Without prices, provider and beginning.
[[nodiscard]] ApiResult<providers::PriceDecision> read_decision(const Json& arguments);

}  // namespace tg::admin
