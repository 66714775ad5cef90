// SPDX-License-Identifier: Apache-2.0
#include "admin/price_arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/money.h"
#include "http/write.h"

namespace tg::admin {
namespace {

using config::Price;
using config::Unit;

constexpr std::size_t kPricesMax = 200;
constexpr std::size_t kModelBytesMax = 256;
constexpr std::size_t kReasonBytesMax = 500;
constexpr std::size_t kQualifierBytesMax = 32;
constexpr std::int64_t kTokensMax = 100'000'000;
constexpr std::int64_t kMillion = 1'000'000;
// The dearest token known costs 600 dollars a million, the dearest image less than one.
constexpr std::int64_t kUsualPerMillionMax = 10'000'000'000'000;       // $10,000
constexpr std::int64_t kUsualPerUnitMax = 100'000'000'000 * kMillion;  // $100 each
constexpr std::int64_t kPriceMax = 9'000'000'000 * std::int64_t{1'000'000'000};
constexpr std::array<std::string_view, 6> kTiers{"",         "batch",     "flex",
                                                 "priority", "ultrafast", "training"};

// Of what one call has thousands.
bool is_small(Unit unit) {
  switch (unit) {
    case Unit::kInputImage:
    case Unit::kOutputImage:
    case Unit::kInputSecond:
    case Unit::kOutputSecond:
    case Unit::kRequest:
    case Unit::kInputPage:
    case Unit::kWebSearchCall:
    case Unit::kFileSearchCall:
    case Unit::kCodeInterpreterSession: return false;
    default: return true;
  }
}

std::string unit_list() {
  std::string list;
  for (std::size_t unit = 0; unit < config::kUnitCount; ++unit) {
    if (!list.empty()) list += ", ";
    list += config::name(static_cast<Unit>(unit));
  }
  return list;
}

ApiResult<std::int64_t> dollars(const Json& item, const char* field, std::int64_t times) {
  TG_TRY(const auto text, required_text(item, field));
  const auto amount = parse_usd(text);
  if (!amount || amount->count() > kPriceMax / times) {
    return refuse(Code::kFieldInvalid,
                  fmt::format("'{}' is no price in US dollars; write it as 1.25, with at most nine "
                              "decimals.",
                              text),
                  field);
  }
  return amount->count() * times;
}

ApiResult<std::int64_t> read_amount(const Json& item) {
  const bool million = item.contains("usd_per_million");
  const bool each = item.contains("usd_per_unit");
  const bool nano = item.contains("nanousd_per_million");
  if (million + each + nano != 1) {
    return refuse(Code::kFieldInvalid,
                  "Each price needs one of usd_per_million, usd_per_unit and nanousd_per_million.",
                  "prices");
  }
  if (million) return dollars(item, "usd_per_million", 1);
  if (each) return dollars(item, "usd_per_unit", kMillion);
  return optional_number(item, "nanousd_per_million", 0, 1, kPriceMax);
}

ApiResult<void> check_amount(const Price& price, bool confirmed) {
  if (price.nanousd_per_million == 0) {
    return refuse(Code::kFieldInvalid,
                  "A price of 0 would be no price. Leave the unit out and it costs as text does; "
                  "or make the whole model free.",
                  "prices");
  }
  const auto usual = is_small(price.unit) ? kUsualPerMillionMax : kUsualPerUnitMax;
  if (confirmed || price.nanousd_per_million <= usual) return {};
  return refuse(
      Code::kFieldInvalid,
      fmt::format("{} a million {}s is far beyond any known price. If it is meant, say "
                  "so: confirm.",
                  format_usd(NanoUsd{price.nanousd_per_million}), config::name(price.unit)),
      "confirm");
}

ApiResult<std::string> read_qualifier(const Json& item, const char* field) {
  TG_TRY(auto text, optional_text(item, field));
  if (text.size() > kQualifierBytesMax || !http::is_field_value(text)) {
    return refuse(Code::kFieldInvalid, fmt::format("'{}' is too long for a {}.", text, field),
                  field);
  }
  return text;
}

ApiResult<Price> read_price(const Json& item, bool confirmed) {
  if (!item.is_object()) {
    return refuse(Code::kFieldInvalid, "Each of the prices must be an object.", "prices");
  }
  TG_TRY_DONE(
      refuse_unknown_fields(item, {"unit", "tier", "size", "quality", "above_input_tokens",
                                   "usd_per_million", "usd_per_unit", "nanousd_per_million"}));
  TG_TRY(const auto unit_text, required_text(item, "unit"));
  const auto unit = config::find_unit(unit_text);
  if (!unit) {
    return refuse(Code::kFieldInvalid,
                  fmt::format("'{}' is no unit. The units are: {}.", unit_text, unit_list()),
                  "unit");
  }
  Price price{.unit = *unit, .tier = {}, .size = {}, .quality = {}};
  TG_TRY(price.tier, optional_text(item, "tier"));
  if (std::ranges::find(kTiers, price.tier) == kTiers.end()) {
    return refuse(
        Code::kFieldInvalid,
        fmt::format("'{}' is no tier: batch, flex, priority, ultrafast, training.", price.tier),
        "tier");
  }
  TG_TRY(price.size, read_qualifier(item, "size"));
  TG_TRY(price.quality, read_qualifier(item, "quality"));
  TG_TRY(price.above_input_tokens, optional_number(item, "above_input_tokens", 0, 0, kTokensMax));
  TG_TRY(price.nanousd_per_million, read_amount(item));
  TG_TRY_DONE(check_amount(price, confirmed));
  return price;
}

bool has_case(const config::PriceList& prices, const Price& price) {
  return std::ranges::any_of(prices.of(price.unit),
                             [&](const Price& other) { return other.same_case(price); });
}

}  // namespace

ApiResult<config::PriceList> read_prices(const Json& arguments, bool confirmed) {
  config::PriceList prices;
  const auto items = arguments.find("prices");
  if (items == arguments.end() || items->is_null()) return prices;
  if (!items->is_array() || items->size() > kPricesMax) {
    return refuse(Code::kFieldInvalid, "prices must be a list of at most 200.", "prices");
  }
  for (const auto& item : *items) {
    TG_TRY(auto price, read_price(item, confirmed));
    if (has_case(prices, price)) {
      return refuse(Code::kFieldInvalid,
                    fmt::format("{} has two prices for the same case.", config::name(price.unit)),
                    "prices");
    }
    prices.add(std::move(price));
  }
  return prices;
}

config::PriceList merge(const config::PriceList& now, const config::PriceList& changes) {
  auto merged = changes;
  for (const auto& price : now) {
    if (!has_case(changes, price) && price.nanousd_per_million > 0) merged.add(price);
  }
  return merged;
}

Json price_json(const config::Price& price) {
  Json item{{"unit", config::name(price.unit)}};
  if (!price.tier.empty()) item["tier"] = price.tier;
  if (!price.size.empty()) item["size"] = price.size;
  if (!price.quality.empty()) item["quality"] = price.quality;
  if (price.above_input_tokens > 0) item["above_input_tokens"] = price.above_input_tokens;
  item["nanousd_per_million"] = price.nanousd_per_million;
  return item;
}

Json prices_json(const config::PriceList& prices) {
  auto list = Json::array();
  for (const auto& price : prices) list.push_back(price_json(price));
  return list;
}

ApiResult<void> check_against(const config::Model& shipped, const config::PriceList& prices) {
  constexpr std::int64_t kTimesMax = 1'000;
  for (const auto& price : prices) {
    for (const auto& known : shipped.prices.of(price.unit)) {
      if (!known.same_case(price) || known.nanousd_per_million <= 0) continue;
      if (price.nanousd_per_million / kTimesMax <= known.nanousd_per_million) continue;
      return refuse(
          Code::kFieldInvalid,
          fmt::format("{} a million {}s is more than a thousand times what Tollgate "
                      "ships, {}. If it is meant, say so: confirm.",
                      format_usd(NanoUsd{price.nanousd_per_million}), config::name(price.unit),
                      format_usd(NanoUsd{known.nanousd_per_million})),
          "confirm");
    }
  }
  return {};
}

ApiResult<WallTime> read_beginning(const Json& arguments, WallTime now) {
  TG_TRY(const auto text, optional_text(arguments, "from"));
  if (text.empty()) return now;
  const auto from = parse_utc(text);
  if (!from) {
    return refuse(Code::kFieldInvalid,
                  fmt::format("'{}' is no day and no instant: write 2026-12-01, or "
                              "2026-12-01T09:00:00Z (UTC).",
                              text),
                  "from");
  }
  if (*from <= now) {
    return refuse(Code::kFieldInvalid,
                  fmt::format("{} has passed, and what was charged is never charged anew. Leave it "
                              "out to begin now.",
                              text),
                  "from");
  }
  return *from;
}

ApiResult<providers::PriceDecision> read_decision(const Json& arguments) {
  providers::PriceDecision decision;
  TG_TRY(decision.model, required_text(arguments, "model"));
  if (decision.model.size() > kModelBytesMax || !http::is_field_value(decision.model)) {
    return refuse(Code::kFieldInvalid, "This cannot be a model's name.", "model");
  }
  TG_TRY(const auto kind, optional_text(arguments, "kind"));
  const auto parsed = providers::parse_price_kind(kind.empty() ? "priced" : kind);
  if (!parsed || *parsed == providers::PriceKind::kCeiling) {
    return refuse(Code::kFieldInvalid, fmt::format("'{}' is none of: priced, free, shipped.", kind),
                  "kind");
  }
  decision.kind = *parsed;
  TG_TRY(decision.input_tokens_max,
         optional_number(arguments, "input_tokens_max", 0, 1, kTokensMax));
  TG_TRY(decision.output_tokens_max,
         optional_number(arguments, "output_tokens_max", 0, 1, kTokensMax));
  TG_TRY(decision.reason, optional_text(arguments, "reason"));
  if (decision.reason.size() > kReasonBytesMax) {
    return refuse(Code::kFieldInvalid, "A reason has at most 500 characters.", "reason");
  }
  return decision;
}

}  // namespace tg::admin
