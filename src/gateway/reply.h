// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "net/task.h"
#include "net/worker.h"

// A worker's wait for one value that another thread makes.
//
// Threading:  the worker's, but for what giver() returns: called once, on any thread, also when
//             nobody waits any more.
// Lifetime:   the worker outlives whoever gives.
namespace tg::gateway {

template <typename T>
class Reply {
 public:
  explicit Reply(net::Worker& worker) : state_{std::make_shared<State>(worker)} {}

  [[nodiscard]] auto giver() const {
    return [state = state_](T value) {
      state->worker.post([state, given = std::move(value)]() mutable {
        state->value = std::move(given);
        state->pause.wake();
      });
    };
  }

  // Null where the deadline came first.
  [[nodiscard]] net::Task<T*> until(SteadyTime deadline) {
    co_await state_->pause.until(deadline);
    co_return state_->value ? &*state_->value : nullptr;
  }

 private:
  struct State {
    explicit State(net::Worker& its) : worker{its}, pause{its} {}
    net::Worker& worker;
    net::Pause pause;
    std::optional<T> value;
  };
  std::shared_ptr<State> state_;
};

}  // namespace tg::gateway
