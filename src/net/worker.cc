// SPDX-License-Identifier: Apache-2.0
#include "net/worker.h"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "net/loop.h"

namespace tg::net {
namespace {

// The latest, or what is left of a longer one: an eighth goes a tick, so that a worker that was
// late once counts as late for a moment, and not for one tick.
void note_lag(Worker::Loop& loop, SteadyTime::duration late) {
  loop.lag = std::max(late, loop.lag - loop.lag / 8);
}

void tick(Worker::Loop& loop) {
  loop.tick.expires_after(TimerWheel::kTick);
  loop.tick.async_wait([&loop](boost::system::error_code error) {
    if (error) return;
    const auto now = std::chrono::steady_clock::now();
    note_lag(loop, now - loop.tick.expiry());
    loop.timers.advance(now);
    tick(loop);
  });
}

}  // namespace

Worker::Worker(std::uint16_t number) : number_{number}, loop_{std::make_unique<Loop>()} {}

Worker::~Worker() = default;

void Worker::run() {
  const auto guard = boost::asio::make_work_guard(loop_->context);
  tick(*loop_);
  loop_->readiness.start();
  loop_->context.run();
}

void Worker::stop() { loop_->context.stop(); }

void Worker::post(std::move_only_function<void()> work) {
  boost::asio::post(loop_->context, std::move(work));
}

SteadyTime::duration Worker::lag() const noexcept { return loop_->lag; }

TimerWheel& Worker::timers() noexcept { return loop_->timers; }

BufferPool& Worker::buffers() noexcept { return loop_->buffers; }

void Pause::wake() {
  woken_ = true;
  timer_.clear();
  if (auto waiter = std::exchange(waiter_, nullptr)) waiter.resume();
}

}  // namespace tg::net
