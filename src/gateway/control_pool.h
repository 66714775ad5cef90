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
// Threading:  submit() from any thread; work is done on a pool thread. `done` may be called later,
//             on any thread, where an answer waits for somebody else's server.
// Limits:     256 requests wait; the next is declined.
namespace tg::gateway {

class ControlPool {
 public:
  using Done = std::move_only_function<void(http::Response)>;
  using Handler = std::function<void(http::Request, Done)>;

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
