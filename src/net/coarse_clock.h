// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ctime>

#include "base/clock.h"

// The time of the kernel's last tick: a few milliseconds behind steady_clock, and on the same line,
// at a sixth of its price. For deadlines of seconds, of which a call sets a dozen.
//
// Threading:  any thread.
namespace tg::net {

[[nodiscard]] inline SteadyTime coarse_now() noexcept {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return SteadyTime{std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec}};
}

}  // namespace tg::net
