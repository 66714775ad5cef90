// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/system/error_code.hpp>
#include <coroutine>
#include <functional>
#include <utility>

#include "base/clock.h"
#include "net/timer_wheel.h"
#include "net/worker.h"

// For net/'s own sources.
namespace tg::net {

// One Asio operation and the coroutine that waits for it; `cancel` ends it when its time is up.
class Operation {
 public:
  explicit Operation(Worker& worker) : timer_{worker.timers(), [this] { expire(); }} {}

  boost::system::error_code error;
  bool done = false;
  bool expired = false;
  std::move_only_function<void()> cancel;

  [[nodiscard]] auto until(SteadyTime deadline) noexcept { return Awaiter{*this, deadline}; }

  void finish(boost::system::error_code result) {
    error = result;
    done = true;
    timer_.clear();
    if (auto resumed = std::exchange(waiter_, nullptr)) resumed.resume();
  }

 private:
  struct Awaiter {
    Operation& operation;
    SteadyTime deadline;
    [[nodiscard]] bool await_ready() const noexcept { return operation.done; }
    void await_suspend(std::coroutine_handle<> suspended) {
      operation.waiter_ = suspended;
      operation.timer_.set(deadline);
    }
    void await_resume() const noexcept {}
  };

  void expire() {
    expired = true;
    cancel();
  }

  std::coroutine_handle<> waiter_;
  Timer timer_;
};

}  // namespace tg::net
