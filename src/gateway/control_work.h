// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <utility>

#include "gateway/reply.h"
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
  Reply<Result<T>> reply{context->worker};
  ControlPool::Work job = [give = reply.giver(), act = std::move(work)]() mutable { give(act()); };
  if (!context->shared.control.submit(std::move(job))) co_return fail(Code::kOverloaded);
  const auto deadline = std::chrono::steady_clock::now() + context->options.control_timeout;
  auto* answer = co_await reply.until(deadline);
  if (answer == nullptr) co_return fail(Code::kOverloaded);
  co_return std::move(*answer);
}

}  // namespace tg::gateway
