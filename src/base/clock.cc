// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <ctime>

namespace tg {
namespace {

std::atomic<std::int64_t> latest_unix_ms{0};
std::atomic<WallTime (*)()> simulated_clock{nullptr};

std::int64_t raise_to(std::int64_t unix_ms) noexcept {
  auto latest = latest_unix_ms.load(std::memory_order_relaxed);
  while (latest < unix_ms) {
    if (latest_unix_ms.compare_exchange_weak(latest, unix_ms, std::memory_order_relaxed)) {
      return unix_ms;
    }
  }
  return latest;
}

}  // namespace

WallTime wall_now() noexcept {
  if (auto* const clock = simulated_clock.load(std::memory_order_relaxed)) {
    return from_unix_ms(raise_to(to_unix_ms(clock())));
  }
  timespec now{};
  // The coarse clock is 4 ms behind at most and costs 3 ns instead of 23.
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return from_unix_ms(raise_to(now.tv_sec * 1000 + now.tv_nsec / 1'000'000));
}

void remember_wall_time(WallTime seen) noexcept { raise_to(to_unix_ms(seen)); }

void replace_wall_clock(WallTime (*clock)()) noexcept {
  simulated_clock.store(clock, std::memory_order_relaxed);
  latest_unix_ms.store(0, std::memory_order_relaxed);
}

std::string format_utc(WallTime time) {
  const auto unix_ms = to_unix_ms(time);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(unix_ms / 1000), unix_ms % 1000);
}

std::optional<WallTime> parse_utc(std::string_view text) noexcept {
  // "2026-11-24T07:18:11.042Z"; what is missing at the end is zero.
  constexpr std::string_view kForm = "dddd-dd-ddTdd:dd:dd.dddZ";
  constexpr std::size_t kDay = 10;
  constexpr std::size_t kSecond = 19;
  const bool day = text.size() == kDay;
  const bool second = text.size() == kSecond + 1;
  if (!day && !second && text.size() != kForm.size()) return std::nullopt;
  const auto digits = second ? text.substr(0, kSecond) : text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const bool digit = digits[i] >= '0' && digits[i] <= '9';
    if (kForm[i] == 'd' ? !digit : digits[i] != kForm[i]) return std::nullopt;
  }
  if (second && text.back() != 'Z') return std::nullopt;
  const auto number = [digits](std::size_t from, std::size_t count) {
    int value = 0;
    for (const char digit : digits.substr(std::min(from, digits.size()), count)) {
      value = value * 10 + (digit - '0');
    }
    return value;
  };
  const std::chrono::year_month_day date{std::chrono::year{number(0, 4)},
                                         std::chrono::month{static_cast<unsigned>(number(5, 2))},
                                         std::chrono::day{static_cast<unsigned>(number(8, 2))}};
  const int hour = number(11, 2);
  const int minute = number(14, 2);
  if (!date.ok() || hour > 23 || minute > 59 || number(17, 2) > 59) return std::nullopt;
  return WallTime{std::chrono::sys_days{date}} + std::chrono::hours{hour} +
         std::chrono::minutes{minute} + std::chrono::seconds{number(17, 2)} +
         std::chrono::milliseconds{number(20, 3)};
}

}  // namespace tg
