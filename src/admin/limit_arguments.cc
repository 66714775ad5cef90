// SPDX-License-Identifier: Apache-2.0
#include "admin/limit_arguments.h"

#include <fmt/format.h>

#include <array>

#include "base/money.h"
#include "identity/people.h"
#include "limits/calendar.h"

namespace tg::admin {
namespace {

using identity::LimitScope;
using limits::Metric;
using limits::Period;
using limits::Window;

// 2^53 - 1: what every reader of JSON takes as it was written.
constexpr std::int64_t kCountMax = 9'007'199'254'740'991;

struct AmountField {
  std::string_view name;
  Metric metric;
  std::int64_t units = 1;  // of the metric, in one of what is written
};
constexpr std::int64_t kMegabyte = 1'000'000;
constexpr auto kAmountFields =
    std::to_array<AmountField>({{"usd", Metric::kMoney},
                                {"tokens", Metric::kTokens},
                                {"requests", Metric::kRequests},
                                {"concurrency", Metric::kConcurrency},
                                {"images", Metric::kImages},
                                {"audio_megabytes", Metric::kAudio, kMegabyte}});

ApiResult<AmountField> find_amount(const Json& arguments) {
  const AmountField* found = nullptr;
  for (const auto& field : kAmountFields) {
    if (!arguments.contains(field.name)) continue;
    if (found != nullptr) {
      return refuse(Code::kFieldInvalid,
                    fmt::format("'{}' and '{}' are two limits; set one after the other.",
                                found->name, field.name),
                    std::string{field.name});
    }
    found = &field;
  }
  if (found == nullptr) {
    return refuse(Code::kFieldInvalid,
                  "How much is missing: one of usd, tokens, requests, concurrency, images, "
                  "audio_megabytes; null removes the limit.",
                  "usd");
  }
  return *found;
}

bool has_too_many_decimals(std::string_view text) {
  const auto point = text.find('.');
  return point != std::string_view::npos && text.size() - point > 10 &&
         text.find_first_not_of("0123456789.") == std::string_view::npos;
}

ApiResult<std::int64_t> read_usd(const Json& arguments) {
  if (!arguments["usd"].is_string()) {
    return refuse(Code::kFieldInvalid,
                  "'usd' must be a text, as \"12.50\": a number could lose its last digits.",
                  "usd");
  }
  TG_TRY(const auto text, optional_text(arguments, "usd"));
  if (const auto amount = parse_usd(text)) return amount->count();
  if (text.starts_with('-')) {
    return refuse(Code::kFieldInvalid, fmt::format("A limit cannot be negative, as '{}' is.", text),
                  "usd");
  }
  if (has_too_many_decimals(text)) {
    return refuse(Code::kFieldInvalid,
                  fmt::format("'{}' has more than nine decimals; nothing is finer than a "
                              "nano-dollar.",
                              text),
                  "usd");
  }
  return refuse(Code::kFieldInvalid,
                fmt::format("'{}' is no amount in dollars; write it as \"12.50\", with at most "
                            "nine decimals.",
                            text),
                "usd");
}

// The value of a field that has a name for each of few things; `otherwise` where it is absent.
template <typename Value>
ApiResult<Value> read_choice(const Json& arguments, std::string_view field,
                             std::optional<Value> (*parse)(std::string_view) noexcept,
                             std::string_view what, std::string_view choices, Value otherwise) {
  TG_TRY(const auto text, optional_text(arguments, field));
  if (text.empty()) return otherwise;
  if (const auto value = parse(text)) return *value;
  return refuse(Code::kFieldInvalid, fmt::format("'{}' is no {}: {}.", text, what, choices),
                std::string{field});
}

ApiResult<std::string> read_time_zone(const Json& arguments) {
  TG_TRY(auto text, optional_text(arguments, "time_zone"));
  if (text.empty()) return "UTC";
  if (limits::TimeZone::find(text)) return text;
  return refuse(
      Code::kFieldInvalid,
      fmt::format("'{}' is no time zone; write an IANA name, as \"Europe/Berlin\".", text),
      "time_zone");
}

ApiResult<std::string> read_model(const Json& arguments, LimitScope scope) {
  TG_TRY(auto text, optional_text(arguments, "model"));
  if (text.empty()) return text;
  if (scope != LimitScope::kProject) {
    return refuse(Code::kFieldInvalid,
                  fmt::format("Only a project's limit can be for one model, not a {}'s.",
                              identity::name(scope)),
                  "model");
  }
  if (!identity::is_display_name(text)) {
    return refuse(Code::kFieldInvalid,
                  "A model's name has 1 to 256 bytes of text without control characters.", "model");
  }
  return text;
}

// What cannot be together, told with the field that has to change.
ApiResult<void> check_together(const limits::Rule& rule) {
  const bool ends = rule.period != Period::kTotal;
  if (rule.metric == Metric::kConcurrency && ends) {
    return refuse(Code::kFieldInvalid,
                  fmt::format("Calls at once are not counted per {}; leave 'per' out.",
                              limits::name(rule.period)),
                  "per");
  }
  if (limits::forgets(rule.metric) && rule.period != Period::kMinute) {
    return refuse(Code::kFieldInvalid, "Images and audio are limited per minute: write 'minute'.",
                  "per");
  }
  if (rule.window != Window::kCalendar && !ends) {
    return refuse(
        Code::kFieldInvalid,
        fmt::format("A {} window needs a period in 'per', as \"day\"; the total has none.",
                    limits::name(rule.window)),
        "window");
  }
  if (rule.time_zone != "UTC" && (rule.window != Window::kCalendar || !ends)) {
    return refuse(Code::kFieldInvalid,
                  "A time zone says when a calendar's periods begin; this limit has none. Leave "
                  "'time_zone' out.",
                  "time_zone");
  }
  TG_API_TRY_DONE(limits::check(rule));
  return {};
}

}  // namespace

ApiResult<LimitScope> read_scope(const Json& arguments) {
  TG_TRY(const auto text, required_text(arguments, "scope"));
  if (const auto scope = identity::parse_limit_scope(text)) return *scope;
  return refuse(
      Code::kFieldInvalid,
      fmt::format("'{}' is no scope: key, user, service_account, project, organization.", text),
      "scope");
}

ApiResult<WantedLimit> read_wanted_limit(const Json& arguments) {
  WantedLimit wanted;
  auto& [record, removes] = wanted;
  auto& rule = record.rule;
  TG_TRY(record.scope, read_scope(arguments));
  TG_TRY(record.target_id, required_text(arguments, "id"));
  TG_TRY(const auto amount, find_amount(arguments));
  rule.metric = amount.metric;
  removes = arguments[amount.name].is_null();
  if (!removes && rule.metric == Metric::kMoney) {
    TG_TRY(rule.amount, read_usd(arguments));
  } else if (!removes) {
    TG_TRY(const auto count,
           optional_number(arguments, amount.name, 0, 0, kCountMax / amount.units));
    rule.amount = count * amount.units;
  }
  TG_TRY(rule.period,
         read_choice(arguments, "per", limits::parse_period, "period",
                     "minute, hour, day, week, month, quarter, year, total", Period::kTotal));
  TG_TRY(rule.window, read_choice(arguments, "window", limits::parse_window, "window",
                                  "calendar, rolling, rate", Window::kCalendar));
  TG_TRY(rule.time_zone, read_time_zone(arguments));
  TG_TRY(rule.model, read_model(arguments, record.scope));
  TG_TRY(const bool soft, optional_flag(arguments, "soft", false));
  rule.hard = !soft;
  TG_TRY(rule.trusts_upstream, optional_flag(arguments, "trust_upstream", true));
  TG_TRY_DONE(check_together(rule));
  return wanted;
}

}  // namespace tg::admin
