// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/files.h"
#include "net/readiness.h"

// What other threads, or the worker itself, want done in the worker's next turn.
//
// Threading:  post() and wake() from any thread; the rest on the worker. Seen by net/'s sources
//             only.
// Lifetime:   what has not run when the worker has stopped is destroyed with this.
// Limits:     none of its own: who posts has one thing under way at a time.
namespace tg::net {

class PostedWork final : public Readiness::Source {
 public:
  explicit PostedWork(Readiness& readiness);

  void post(std::move_only_function<void()> work);
  // Ends the worker's wait.
  void wake() noexcept;

  // From now on what this thread posts wakes nobody: it is awake.
  void runs_here() noexcept { thread_.store(std::this_thread::get_id()); }
  [[nodiscard]] bool empty() const noexcept { return !waits_.load(); }
  // What was posted before; what that posts has its turn next.
  void run();

  // Only the end of the wait was wanted. The counter need not be read: each wake() is a new edge.
  void on_ready(std::uint32_t) override {}

 private:
  FileDescriptor event_;
  std::atomic<std::thread::id> thread_;
  std::mutex mutex_;
  std::vector<std::move_only_function<void()>> waiting_;  // under mutex_
  std::atomic<bool> waits_ = false;                       // changed under mutex_
  std::vector<std::move_only_function<void()>> running_;
};

}  // namespace tg::net
