// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "base/clock.h"

// Prices that begin on a day to come begin by themselves: publishes a new snapshot at the instant
// that the last one named.
//
// Threading:  a thread of its own, which calls `change`; set() and try_again() from any thread,
//             also from within it. start() and stop() from the thread of `serve`.
// Lifetime:   what `change` touches outlives it.
namespace tg::cli {

class PriceClock {
 public:
  explicit PriceClock(std::function<void()> change) : change_{std::move(change)} {}
  ~PriceClock() { stop(); }
  PriceClock(const PriceClock&) = delete;
  PriceClock& operator=(const PriceClock&) = delete;

  void start();
  void stop();
  // By money's clock; nothing: no price is to begin.
  void set(std::optional<WallTime> at);
  // In a while, since it could not be done.
  void try_again();

 private:
  void run();

  std::function<void()> change_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<WallTime> at_;
  bool stopping_ = false;
  std::jthread thread_;
};

}  // namespace tg::cli
