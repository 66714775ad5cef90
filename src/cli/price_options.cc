// SPDX-License-Identifier: Apache-2.0
#include "cli/price_options.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "base/money.h"

namespace tg::cli {
namespace {

using admin::Json;

bool counts_by_the_million(std::string_view unit) {
  return unit.ends_with("_token") || unit.ends_with("_character") || unit.ends_with("_pixel");
}

std::string price_text(const Json& price) {
  const auto unit = price["unit"].get<std::string>();
  const auto nano = price["nanousd_per_million"].get<std::int64_t>();
  auto text = unit;
  for (const auto* qualifier : {"tier", "size", "quality"}) {
    if (price.contains(qualifier)) text += " " + price[qualifier].get<std::string>();
  }
  if (price.contains("above_input_tokens")) {
    text += fmt::format(" above {} input tokens", price["above_input_tokens"].get<std::int64_t>());
  }
  return counts_by_the_million(unit) || nano % 1'000'000 != 0
             ? fmt::format("{:<44} {} a million", text, format_usd(NanoUsd{nano}))
             : fmt::format("{:<44} {} each", text, format_usd(NanoUsd{nano / 1'000'000}));
}

// "output_image,size=1024x1024,quality=hd=0.08": a unit, what it holds for, and dollars.
std::optional<Json> parse_price(std::string_view text) {
  const auto amount_at = text.rfind('=');
  if (amount_at == std::string_view::npos) return std::nullopt;
  const std::string amount{text.substr(amount_at + 1)};
  auto rest = text.substr(0, amount_at);
  const auto comma = rest.find(',');
  const std::string unit{rest.substr(0, comma)};
  Json price{{"unit", unit}};
  while (rest.find(',') != std::string_view::npos) {
    rest.remove_prefix(rest.find(',') + 1);
    const auto part = rest.substr(0, rest.find(','));
    const auto equals = part.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string name{part.substr(0, equals)};
    const std::string value{part.substr(equals + 1)};
    if (name == "above") {
      const auto digits = value.find_first_not_of("0123456789");
      if (value.empty() || value.size() > 9 || digits != std::string::npos) return std::nullopt;
      price["above_input_tokens"] = std::stoll(value);
    } else {
      price[name] = value;
    }
  }
  price[counts_by_the_million(unit) ? "usd_per_million" : "usd_per_unit"] = amount;
  return price;
}

}  // namespace

void add_price_options(CLI::App& command, PriceOptions& options) {
  command.add_option("--input", options.input, "a million input tokens");
  command.add_option("--cached-input", options.cached_input, "a million input tokens from a cache");
  command.add_option("--cache-write", options.cache_write, "a million tokens written to a cache");
  command.add_option("--output", options.output, "a million output tokens");
  command.add_option("--price", options.more,
                     "of any unit: UNIT[,tier=…][,size=…][,quality=…][,above=N]=USD");
}

std::optional<Json> prices_of(const PriceOptions& options) {
  auto prices = Json::array();
  const std::initializer_list<std::pair<const char*, const std::string*>> usual{
      {"input_text_token", &options.input},
      {"cached_input_text_token", &options.cached_input},
      {"cache_write_text_token", &options.cache_write},
      {"output_text_token", &options.output}};
  for (const auto& [unit, amount] : usual) {
    if (!amount->empty()) prices.push_back({{"unit", unit}, {"usd_per_million", *amount}});
  }
  for (const auto& text : options.more) {
    auto price = parse_price(text);
    if (!price) return std::nullopt;
    prices.push_back(*std::move(price));
  }
  return prices;
}

void show_prices(const Json& row) {
  for (const auto& price : row["prices"]) fmt::print("    {}\n", price_text(price));
}

std::string instant_of(const Json& row, const char* field) {
  return format_utc(from_unix_ms(row[field].get<std::int64_t>() * 1000));
}

}  // namespace tg::cli
