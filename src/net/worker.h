// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <coroutine>
#include <cstdint>
#include <functional>
#include <memory>

#include "base/clock.h"
#include "net/buffer.h"
#include "net/timer_wheel.h"

// One event loop on one thread: it owns its connections, its timers and everything else that a call
// touches. Workers share nothing with each other but what is made for it (key table, meters).
//
// Threading:  run() is the worker's thread. post() and stop() from any; all else from the worker.
// Lifetime:   outlives everything that was made with it.
namespace tg::net {

class Worker {
 public:
  explicit Worker(std::uint16_t number);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Until stop().
  void run();
  void stop();
  // Runs `work` on this worker in its next turn.
  void post(std::move_only_function<void()> work);

  [[nodiscard]] std::uint16_t number() const noexcept { return number_; }
  [[nodiscard]] TimerWheel& timers() noexcept;
  [[nodiscard]] BufferPool& buffers() noexcept;
  // How late its loop comes to what is due: what whoever is next waits, when others keep it busy.
  [[nodiscard]] SteadyTime::duration lag() const noexcept;

  // For net/'s own sources.
  struct Loop;
  [[nodiscard]] Loop& loop() noexcept { return *loop_; }

 private:
  const std::uint16_t number_;
  std::unique_ptr<Loop> loop_;
};

// A wait that can be ended early. One waiter at a time.
class Pause {
 public:
  explicit Pause(Worker& worker) : timer_{worker.timers(), [this] { wake(); }} {}

  // True if the time passed, false if wake() came first.
  [[nodiscard]] auto until(SteadyTime time) noexcept { return Awaiter{*this, time}; }
  void wake();

 private:
  struct Awaiter {
    Pause& pause;
    SteadyTime time;
    [[nodiscard]] bool await_ready() const noexcept { return pause.woken_; }
    void await_suspend(std::coroutine_handle<> waiter) {
      pause.waiter_ = waiter;
      pause.timer_.set(time);
    }
    bool await_resume() const noexcept {
      pause.timer_.clear();
      pause.woken_ = false;
      return std::chrono::steady_clock::now() >= time;
    }
  };

  Timer timer_;
  std::coroutine_handle<> waiter_;
  bool woken_ = false;
};

}  // namespace tg::net
