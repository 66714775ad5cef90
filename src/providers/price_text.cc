// SPDX-License-Identifier: Apache-2.0
#include "providers/price_text.h"

#include <optional>
#include <utility>

#include "base/json_text.h"
#include "base/number_text.h"
#include "providers/json_values.h"

namespace tg::providers {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

enum class PriceRead : std::uint8_t { kKept, kSkipped, kCorrupt };

// What is kept longer than usual is a unit of its own.
std::optional<config::Unit> kept_for(config::Unit unit, std::int64_t hours) {
  if (unit != config::Unit::kCacheWriteTextToken) return std::nullopt;
  if (hours == 1) return config::Unit::kCacheWrite1hTextToken;
  if (hours == 12) return config::Unit::kCacheWrite12hTextToken;
  return std::nullopt;
}

PriceRead read_price(element value, config::Price& price) {
  object members;
  if (value.get(members) != simdjson::SUCCESS) return PriceRead::kCorrupt;
  std::optional<config::Unit> unit;
  std::int64_t cache_hours = 0;
  bool distinguishable = true;
  bool amount_seen = false;
  for (const auto [key, member] : members) {
    if (key == "unit") {
      unit = config::find_unit(text_of(member));
    } else if (key == "nanousd_per_million") {
      amount_seen = read_integer(member, price.nanousd_per_million);
    } else if (key == "above_input_tokens") {
      if (!read_integer(member, price.above_input_tokens)) return PriceRead::kCorrupt;
    } else if (key == "tier") {
      price.tier = text_of(member);
    } else if (key == "cache_ttl_hours") {
      if (!read_integer(member, cache_hours)) return PriceRead::kCorrupt;
    } else if (key == "size" || key == "context_size") {
      price.size = text_of(member);
    } else if (key == "quality") {
      price.quality = text_of(member);
    } else {
      distinguishable = false;
    }
  }
  if (!amount_seen) return PriceRead::kCorrupt;
  if (!unit || !distinguishable) return PriceRead::kSkipped;
  if (cache_hours > 0) unit = kept_for(*unit, cache_hours);
  if (!unit) return PriceRead::kSkipped;
  price.unit = *unit;
  return PriceRead::kKept;
}

void append_member(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  out.append(",\"").append(name).append("\":");
  append_json_text(out, value);
}

}  // namespace

Result<void> read_prices(const element& list, config::PriceList& prices, std::size_t& skipped) {
  array items;
  if (list.get(items) != simdjson::SUCCESS) return fail(Code::kCorrupt, "prices are not a list");
  for (const element item : items) {
    config::Price price{};
    switch (read_price(item, price)) {
      case PriceRead::kKept: prices.add(std::move(price)); break;
      case PriceRead::kSkipped: ++skipped; break;
      case PriceRead::kCorrupt: return fail(Code::kCorrupt, "a price is not a whole number");
    }
  }
  return {};
}

Result<config::PriceList> parse_prices(std::string_view json) {
  simdjson::dom::parser parser;
  element root;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS) {
    return fail(Code::kCorrupt, "prices are not JSON");
  }
  config::PriceList prices;
  std::size_t skipped = 0;
  TG_TRY_DONE(read_prices(root, prices, skipped));
  if (skipped > 0) return fail(Code::kCorrupt, "a price of an unknown unit");
  return prices;
}

std::string to_text(const config::PriceList& prices) {
  std::string out = "[";
  for (const auto& price : prices) {
    if (out.size() > 1) out += ',';
    out.append("{\"unit\":\"").append(config::name(price.unit)).append("\"");
    append_member(out, "tier", price.tier);
    append_member(out, "size", price.size);
    append_member(out, "quality", price.quality);
    if (price.above_input_tokens > 0) {
      out.append(",\"above_input_tokens\":");
      append_number(out, price.above_input_tokens);
    }
    out.append(",\"nanousd_per_million\":");
    append_number(out, price.nanousd_per_million);
    out += '}';
  }
  return out + "]";
}

}  // namespace tg::providers
