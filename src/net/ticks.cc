// SPDX-License-Identifier: Apache-2.0
#include "net/ticks.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>

#include "base/result.h"

namespace tg::net {
namespace {

constexpr timespec kTick{.tv_sec = 0,
                         .tv_nsec = std::chrono::nanoseconds{TimerWheel::kTick}.count()};

}  // namespace

Ticks::Ticks(Readiness& readiness, TimerWheel& timers)
    : timers_{timers}, clock_{::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)} {
  // At start, where nothing could go on without it.
  TG_CHECK(clock_.valid() && readiness.add(clock_.get(), *this, EPOLLIN | EPOLLET));
}

void Ticks::start() {
  due_ = std::chrono::steady_clock::now() + TimerWheel::kTick;
  const itimerspec when{.it_interval = kTick, .it_value = kTick};
  TG_CHECK(::timerfd_settime(clock_.get(), 0, &when, nullptr) == 0);
}

void Ticks::on_ready(std::uint32_t) {
  std::uint64_t passed = 0;
  if (::read(clock_.get(), &passed, sizeof passed) != sizeof passed) return;
  const auto now = std::chrono::steady_clock::now();
  // The latest, or what is left of a longer one: an eighth goes a tick, so that a worker that was
  // late once counts as late for a moment, and not for one tick.
  lag_ = std::max<SteadyTime::duration>(now - due_, lag_ - lag_ / 8);
  due_ += passed * TimerWheel::kTick;
  timers_.advance(now);
}

}  // namespace tg::net
