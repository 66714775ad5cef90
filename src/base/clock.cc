// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

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

}  // namespace tg
