// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/files.h"
#include "net/readiness.h"
#include "net/timer_wheel.h"

// What turns a worker's timer wheel, and how late it comes to that.
//
// Threading:  its worker's only; seen by net/'s sources only.
namespace tg::net {

class Ticks final : public Readiness::Source {
 public:
  Ticks(Readiness& readiness, TimerWheel& timers);

  void start();
  [[nodiscard]] SteadyTime::duration lag() const noexcept { return lag_; }

  void on_ready(std::uint32_t) override;

 private:
  TimerWheel& timers_;
  FileDescriptor clock_;
  SteadyTime due_{};  // the next tick
  SteadyTime::duration lag_{};
};

}  // namespace tg::net
