// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

// A limit as somebody set it: so much of something, in so much time.
//
// Shapes:     money in nano-dollars, tokens, requests and images as counts, audio in bytes,
//             concurrency as calls at once.
//             kCalendar: the period as the time zone's calendar has it. kRolling: the last so much
//             time (a month is 30 days, a quarter 91, a year 365). kRate: the same amount, spread
//             evenly (GCRA), with a burst of one period's amount.
//             Concurrency and kTotal have no period that ends; their window is kCalendar.
// Errors:     kFieldInvalid from check(): which combinations make no sense, and why.
namespace tg::limits {

enum class Metric : std::uint8_t {
  kMoney,
  kTokens,
  kRequests,
  kConcurrency,
  kImages,  // that a call asks for
  kAudio,   // bytes of recordings that a call brings
};
// What the ledger does not sum: such limits forget at a restart what they had counted, so they are
// for a minute at a time.
[[nodiscard]] constexpr bool forgets(Metric metric) noexcept {
  return metric == Metric::kImages || metric == Metric::kAudio;
}
enum class Period : std::uint8_t {
  kMinute,
  kHour,
  kDay,
  kWeek,
  kMonth,
  kQuarter,
  kYear,
  kTotal,
};
enum class Window : std::uint8_t { kCalendar, kRolling, kRate };

struct Rule {
  std::string id;  // "limit_…"; never changes
  Metric metric = Metric::kMoney;
  Period period = Period::kTotal;
  Window window = Window::kCalendar;
  std::string time_zone = "UTC";  // of calendar periods: an IANA name
  std::string model;              // counts only calls that are sent as this model; "": all
  std::int64_t amount = 0;
  bool hard = true;             // soft: counts and reports, refuses nothing
  bool trusts_upstream = true;  // false: always holds what the model could use at most
};

// "money", "tokens", "requests", "concurrency", "images", "audio"; "minute" … "total"; "calendar",
// "rolling", "rate".
[[nodiscard]] std::string_view name(Metric metric) noexcept;
[[nodiscard]] std::string_view name(Period period) noexcept;
[[nodiscard]] std::string_view name(Window window) noexcept;
[[nodiscard]] std::optional<Metric> parse_metric(std::string_view text) noexcept;
[[nodiscard]] std::optional<Period> parse_period(std::string_view text) noexcept;
[[nodiscard]] std::optional<Window> parse_window(std::string_view text) noexcept;

[[nodiscard]] Result<void> check(const Rule& rule);

// Of rolling windows and rates; kTotal has none (zero).
[[nodiscard]] std::chrono::milliseconds length(Period period) noexcept;

}  // namespace tg::limits
