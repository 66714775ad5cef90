// SPDX-License-Identifier: Apache-2.0
#include "ledger/refusal.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "base/money.h"
#include "limits/calendar.h"

namespace tg::ledger {
namespace {

using limits::Metric;
using limits::Period;
using limits::Window;

struct LevelName {
  std::string_view name;
  Code money;
};
constexpr std::array<LevelName, kLevels> kLevelNames{{
    {"API key", Code::kKeySpendLimit},
    {"API key's owner", Code::kUserSpendLimit},
    {"project", Code::kProjectSpendLimit},
    {"organization", Code::kOrganizationSpendLimit},
    {"project's credit", Code::kCreditExhausted},
    {"API key's parent", Code::kKeySpendLimit},
}};

Code code_of(const limits::Refused& refused) {
  const auto& rule = refused.limit->rule();
  switch (rule.metric) {
    case Metric::kMoney:
      return rule.model.empty() ? kLevelNames.at(refused.level).money : Code::kModelSpendLimit;
    case Metric::kTokens: return Code::kTokenLimit;
    case Metric::kRequests:
    case Metric::kImages:
    case Metric::kAudio: return Code::kRateLimit;
    case Metric::kConcurrency: return Code::kConcurrencyLimit;
  }
  return Code::kRateLimit;
}

std::string amount_of(Metric metric, std::int64_t units) {
  switch (metric) {
    case Metric::kMoney: return format_usd(NanoUsd{units});
    case Metric::kTokens: return fmt::format("{} tokens", units);
    case Metric::kRequests: return fmt::format("{} requests", units);
    case Metric::kConcurrency: return fmt::format("{} at once", units);
    case Metric::kImages: return fmt::format("{} images", units);
    case Metric::kAudio: return fmt::format("{} bytes of audio", units);
  }
  return {};
}

std::string_view metric_noun(Metric metric) {
  switch (metric) {
    case Metric::kMoney: return "spend";
    case Metric::kTokens: return "token";
    case Metric::kRequests: return "request";
    case Metric::kConcurrency: return "concurrency";
    case Metric::kImages: return "image";
    case Metric::kAudio: return "audio";
  }
  return {};
}

std::string period_of(const limits::Rule& rule) {
  if (rule.metric == Metric::kConcurrency) return {};
  if (rule.period == Period::kTotal) return " in total";
  const auto shape = rule.window == Window::kCalendar ? fmt::format("calendar, {}", rule.time_zone)
                                                      : std::string{limits::name(rule.window)};
  return fmt::format(" per {} ({})", limits::name(rule.period), shape);
}

// How it stands, and whether running calls hold what this one needs.
std::string standing(const limits::Refused& refused) {
  const auto metric = refused.limit->rule().metric;
  const auto& reading = refused.reading;
  auto text = fmt::format("limit {}{}", amount_of(metric, reading.amount),
                          period_of(refused.limit->rule()));
  if (metric == Metric::kConcurrency) {
    return fmt::format("{}, running {}", text, reading.held);
  }
  text += fmt::format(", used {}, held by running calls {}, and this call may use up to {}",
                      amount_of(metric, reading.spent), amount_of(metric, reading.held),
                      amount_of(metric, refused.asked));
  if (reading.held > 0 && reading.spent <= reading.amount - refused.asked) {
    text += ". What running calls hold and do not use becomes free when they end";
  }
  return text;
}

// When this call passes. A rate is full again at `resets_at`, and free for this call earlier. Never
// too early: what is used is told rounded up, which makes the share that is waited for larger.
WallTime passes_at(const limits::Refused& refused, WallTime now) {
  const auto& reading = refused.reading;
  const auto missing = refused.asked - reading.left();
  const auto used = reading.amount - reading.left();
  if (refused.limit->rule().window != Window::kRate || used <= 0 || missing >= used) {
    return reading.resets_at;
  }
  const auto whole = static_cast<__int128>((reading.resets_at - now).count());
  const auto wait_ms = (whole * missing + used - 1) / used;
  return now + std::chrono::milliseconds{static_cast<std::int64_t>(wait_ms)};
}

std::string advice(const limits::Refused& refused, WallTime now) {
  const auto& rule = refused.limit->rule();
  if (rule.metric == Metric::kConcurrency) return "Wait until one of them has ended.";
  if (refused.reading.resets_at == WallTime::max()) {
    return "A total limit does not reset: ask whoever set it to raise it.";
  }
  const auto zone = limits::TimeZone::find(rule.time_zone);
  const auto passes = passes_at(refused, now);
  const auto when = zone ? zone->format(passes) : format_utc(passes);
  return rule.window == Window::kCalendar ? fmt::format("It resets at {}.", when)
                                          : fmt::format("More is free from {} on.", when);
}

std::optional<RateState> rate_of(const limits::Refused& refused, WallTime now) {
  const auto& rule = refused.limit->rule();
  if (rule.metric == Metric::kMoney) return std::nullopt;
  RateState rate{.metric = rule.metric,
                 .amount = refused.reading.amount,
                 .left = refused.reading.left(),
                 .resets_in = std::chrono::seconds{1}};
  if (rule.metric == Metric::kConcurrency) return rate;
  if (refused.reading.resets_at == WallTime::max()) return std::nullopt;
  rate.resets_in = std::max<std::chrono::milliseconds>(passes_at(refused, now) - now,
                                                       std::chrono::milliseconds{1});
  return rate;
}

Refusal describe_credit(const limits::Refused& refused) {
  const auto& reading = refused.reading;
  auto message = fmt::format(
      "The credit that pays for this project's calls {}: granted {}, used {}, held by running "
      "calls {}, and this call may use up to {}.",
      reading.left() > 0 ? "does not cover this call" : "is used up",
      format_usd(NanoUsd{reading.amount}), format_usd(NanoUsd{reading.spent}),
      format_usd(NanoUsd{reading.held}), format_usd(NanoUsd{refused.asked}));
  if (reading.held > 0 && reading.spent <= reading.amount - refused.asked) {
    message += " What running calls hold and do not use becomes free when they end.";
  }
  return {.code = Code::kCreditExhausted,
          .message = message + " Ask whoever runs this Tollgate for more.",
          .param = "",
          .rate = std::nullopt,
          .limit = refused.limit};
}

}  // namespace

std::optional<RateState> rate_state(std::span<const limits::LimitSet* const> sets,
                                    std::string_view model, Metric metric, WallTime now) {
  const auto standing = limits::Reservation::tightest(sets, model, metric, now);
  if (!standing) return std::nullopt;
  const auto& reading = standing->reading;
  return RateState{.metric = metric,
                   .amount = reading.amount,
                   .left = reading.left(),
                   .resets_in = std::max<std::chrono::milliseconds>(reading.resets_at - now,
                                                                    std::chrono::milliseconds{0})};
}

Refusal describe(const limits::Refused& refused, WallTime now) {
  if (refused.level == static_cast<std::size_t>(Level::kCredit)) return describe_credit(refused);
  const auto& rule = refused.limit->rule();
  const auto model = rule.model.empty() ? std::string{} : fmt::format(" for {}", rule.model);
  return {.code = code_of(refused),
          .message = fmt::format("The {} limit of this {}{} is reached: {}. {}",
                                 metric_noun(rule.metric), kLevelNames.at(refused.level).name,
                                 model, standing(refused), advice(refused, now)),
          .param = "",
          .rate = rate_of(refused, now),
          .limit = refused.limit};
}

}  // namespace tg::ledger
