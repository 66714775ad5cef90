// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/invocation.h"

// Prices as options of a command, and as people read them; the commands below `prices`.
//
// Threading:  one thread.
namespace tg::cli {

// Dollars, as they were written.
struct PriceOptions {
  std::string input, cached_input, cache_write, output;
  std::vector<std::string> more;  // "output_image,size=1024x1024=0.04"
};
inline constexpr auto kPriceForm = "Write a price as UNIT=USD or UNIT,size=1024x1024=USD.";

// `options` lives as long as the command.
void add_price_options(CLI::App& command, PriceOptions& options);

// Nothing where one is not of kPriceForm.
[[nodiscard]] std::optional<admin::Json> prices_of(const PriceOptions& options);

// One a line.
void show_prices(const admin::Json& row);
[[nodiscard]] std::string instant_of(const admin::Json& row, const char* field);

void add_price_ceiling(CLI::App& prices, Invocation& invocation);
void add_price_books(CLI::App& prices, Invocation& invocation);

}  // namespace tg::cli
