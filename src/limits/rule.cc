// SPDX-License-Identifier: Apache-2.0
#include "limits/rule.h"

#include <algorithm>
#include <array>

#include "limits/calendar.h"

namespace tg::limits {
namespace {

constexpr std::array<std::string_view, 6> kMetrics{"money",       "tokens", "requests",
                                                   "concurrency", "images", "audio"};
constexpr std::array<std::string_view, 8> kPeriods{"minute", "hour",    "day",  "week",
                                                   "month",  "quarter", "year", "total"};
constexpr std::array<std::string_view, 3> kWindows{"calendar", "rolling", "rate"};

template <typename Enum>
std::optional<Enum> parse(const auto& names, std::string_view text) {
  const auto found = std::ranges::find(names, text);
  if (found == names.end()) return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

}  // namespace

std::string_view name(Metric metric) noexcept { return kMetrics[static_cast<std::size_t>(metric)]; }
std::string_view name(Period period) noexcept { return kPeriods[static_cast<std::size_t>(period)]; }
std::string_view name(Window window) noexcept { return kWindows[static_cast<std::size_t>(window)]; }

std::optional<Metric> parse_metric(std::string_view text) noexcept {
  return parse<Metric>(kMetrics, text);
}
std::optional<Period> parse_period(std::string_view text) noexcept {
  return parse<Period>(kPeriods, text);
}
std::optional<Window> parse_window(std::string_view text) noexcept {
  return parse<Window>(kWindows, text);
}

Result<void> check(const Rule& rule) {
  if (rule.amount < 0) {
    return fail(Code::kFieldInvalid, "a limit's amount is zero or more; zero admits nothing");
  }
  if (rule.metric == Metric::kConcurrency && rule.period != Period::kTotal) {
    return fail(Code::kFieldInvalid,
                "a concurrency limit counts calls at once: its period is 'total'");
  }
  if (forgets(rule.metric) && rule.period != Period::kMinute) {
    return fail(Code::kFieldInvalid,
                "images and audio are limited per minute: their period is 'minute'");
  }
  if (rule.period == Period::kTotal && rule.window != Window::kCalendar) {
    return fail(Code::kFieldInvalid,
                "a limit without a period that ends is neither rolling nor a rate: "
                "its window is 'calendar'");
  }
  TG_TRY_DONE(TimeZone::find(rule.time_zone));
  return {};
}

std::chrono::milliseconds length(Period period) noexcept {
  using std::chrono::hours;
  switch (period) {
    case Period::kMinute: return std::chrono::minutes{1};
    case Period::kHour: return hours{1};
    case Period::kDay: return hours{24};
    case Period::kWeek: return hours{24 * 7};
    case Period::kMonth: return hours{24 * 30};
    case Period::kQuarter: return hours{24 * 91};
    case Period::kYear: return hours{24 * 365};
    case Period::kTotal: break;
  }
  return {};
}

}  // namespace tg::limits
