// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "http/message.h"

// The threads that run what a worker must never run: SQL, password checks, everything of the
// control plane. A worker hands over a whole request and is told by a posted message.
//
// Threading:  submit() from any thread; work is done, and `done` called, on a pool thread.
// Limits:     256 requests wait; the next is declined.
namespace tg::gateway {

class ControlPool {
 public:
  using Handler = std::function<http::Response(const http::Request&)>;
  using Done = std::move_only_function<void(http::Response)>;

  explicit ControlPool(Handler handler);
  ~ControlPool();
  ControlPool(const ControlPool&) = delete;
  ControlPool& operator=(const ControlPool&) = delete;

  [[nodiscard]] bool submit(http::Request request, Done done);
  using Work = std::move_only_function<void()>;
  [[nodiscard]] bool submit(Work work);
  // Finishes what was submitted, then ends the threads.
  void stop();

 private:
  void run();

  Handler handler_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Work> jobs_;
  bool stopping_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace tg::gateway
