// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>

#include "base/result.h"
#include "config/prices.h"

// Prices as text, in the form of catalogue/model_prices.json: a list of objects with `unit`,
// `nanousd_per_million` and qualifiers. The catalogue and what the operator decides are read alike.
//
// Threading:  pure.
namespace tg::providers {

// Adds what can be told apart to `prices`, and counts the rest, which names a unit or a qualifier
// of no known name. kCorrupt: no list, or an amount that is no whole number, zero or more.
[[nodiscard]] Result<void> read_prices(const simdjson::dom::element& list,
                                       config::PriceList& prices, std::size_t& skipped);

// kCorrupt; also where anything would have been skipped.
[[nodiscard]] Result<config::PriceList> parse_prices(std::string_view json);
[[nodiscard]] std::string to_text(const config::PriceList& prices);

}  // namespace tg::providers
