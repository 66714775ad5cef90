// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Two clocks, never mixed up. Deadlines are monotonic. Money's clock is the wall, but never earlier
// than it once was: a clock set back must not reopen a period that has been counted.
namespace tg {

using SteadyTime = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

// max(wall, latest ever returned); remember_wall_time() raises the floor at start from what the
// database last saw. Threading: any thread; one relaxed compare-and-swap.
[[nodiscard]] WallTime wall_now() noexcept;
void remember_wall_time(WallTime seen) noexcept;
// For the simulation only: wall_now() asks `clock` from now on (null: the wall again), and forgets
// what it returned before, as a new process does.
void replace_wall_clock(WallTime (*clock)()) noexcept;

[[nodiscard]] inline std::int64_t to_unix_ms(WallTime time) {
  return time.time_since_epoch().count();
}
[[nodiscard]] inline std::int64_t to_unix_s(WallTime time) { return to_unix_ms(time) / 1000; }
[[nodiscard]] inline WallTime from_unix_ms(std::int64_t ms) {
  return WallTime{std::chrono::milliseconds{ms}};
}

// "2026-11-24T07:18:11.042Z"; the day alone is its first ten characters. UTC.
[[nodiscard]] std::string format_utc(WallTime time);
// "2026-11-24", "2026-11-24T07:18:11Z" or with milliseconds; a day is its first instant. Nothing
// for anything else, a day that no month has among it.
[[nodiscard]] std::optional<WallTime> parse_utc(std::string_view text) noexcept;

}  // namespace tg
