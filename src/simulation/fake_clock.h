// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "base/clock.h"

// The wall of a history: it stands still until the scheduler moves it, forwards or back.
//
// Threading:  one thread; one at a time in a process, because wall_now() is the process's.
namespace tg::simulation {

class FakeClock {
 public:
  explicit FakeClock(WallTime start);
  ~FakeClock();
  FakeClock(const FakeClock&) = delete;
  FakeClock& operator=(const FakeClock&) = delete;

  void advance(std::chrono::milliseconds time);  // may be negative
  // A new process: it does not know what the ended one saw.
  void forget_floor();
};

}  // namespace tg::simulation
