// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "base/clock.h"

// How long a call has been in our hands: a stopwatch that stands still while it waits for the
// client or the upstream.
//
// Threading:  one a call, its worker's.
namespace tg::gateway {

class OwnTime {
 public:
  explicit OwnTime(SteadyTime begun) noexcept : since_{begun} {}

  void pause() noexcept { spent_ += std::chrono::steady_clock::now() - since_; }
  void go_on() noexcept { since_ = std::chrono::steady_clock::now(); }
  // While it goes.
  [[nodiscard]] std::chrono::microseconds spent(SteadyTime now) const noexcept {
    return std::chrono::duration_cast<std::chrono::microseconds>(spent_ + (now - since_));
  }

 private:
  SteadyTime since_;
  SteadyTime::duration spent_{};
};

}  // namespace tg::gateway
