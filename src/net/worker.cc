// SPDX-License-Identifier: Apache-2.0
#include "net/worker.h"

#include <utility>

#include "net/loop.h"

namespace tg::net {

Worker::Worker(std::uint16_t number) : number_{number}, loop_{std::make_unique<Loop>(*this)} {}

Worker::~Worker() = default;

void Worker::run() {
  loop_->ticks.start();
  loop_->posted.runs_here();
  while (!loop_->stopped) {
    loop_->posted.run();
    const bool idle = loop_->posted.empty();
    loop_->readiness.look(idle ? Readiness::Wait::kUntilSomethingIsReady : Readiness::Wait::kNo);
  }
}

void Worker::stop() {
  loop_->stopped = true;
  loop_->posted.wake();
}

void Worker::post(std::move_only_function<void()> work) { loop_->posted.post(std::move(work)); }

SteadyTime::duration Worker::lag() const noexcept { return loop_->ticks.lag(); }

TimerWheel& Worker::timers() noexcept { return loop_->timers; }

BufferPool& Worker::buffers() noexcept { return loop_->buffers; }

void Pause::wake() {
  woken_ = true;
  timer_.clear();
  if (auto waiter = std::exchange(waiter_, nullptr)) waiter.resume();
}

}  // namespace tg::net
