// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "gateway/worker_context.h"
#include "net/task.h"

// What a worker must not do itself, as SQL, done by a control thread while its call waits.
//
// Errors:     kOverloaded: too many wait, or it took longer than Options::control_timeout; else
//             what the work returns.
namespace tg::gateway {

template <typename T>
[[nodiscard]] net::Task<Result<T>> on_control_thread(WorkerContext* context,
                                                     std::move_only_function<Result<T>()> work) {
  // Shared with the control thread, which may answer after the deadline has passed.
  struct Waiting {
    explicit Waiting(net::Worker& worker) : pause{worker} {}
    net::Pause pause;
    std::optional<Result<T>> answer;
  };
  const auto waiting = std::make_shared<Waiting>(context->worker);
  ControlPool::Work job = [waiting, &worker = context->worker, act = std::move(work)]() mutable {
    worker.post([waiting, answer = act()]() mutable {
      waiting->answer = std::move(answer);
      waiting->pause.wake();
    });
  };
  if (!context->shared.control.submit(std::move(job))) co_return fail(Code::kOverloaded);
  const auto deadline = std::chrono::steady_clock::now() + context->options.control_timeout;
  co_await waiting->pause.until(deadline);
  if (!waiting->answer) co_return fail(Code::kOverloaded);
  co_return *std::move(waiting->answer);
}

}  // namespace tg::gateway
