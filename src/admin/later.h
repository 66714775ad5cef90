// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include "base/clock.h"

// What follows from a request after its answer: whether an address has an account must not show in
// how long the answer takes, so everything that depends on it happens here. Nor may it show in the
// next request, which would wait for the database while this writes there: each job begins after a
// random part of a second.
//
// Threading:  run() from any thread; jobs run one after the other on a thread of their own.
// Limits:     256 jobs wait; the next is declined.
// Lifetime:   what a job refers to outlives this; the destructor finishes what was handed over.
namespace tg::admin {

class Later {
 public:
  Later();
  ~Later();
  Later(const Later&) = delete;
  Later& operator=(const Later&) = delete;

  [[nodiscard]] bool run(std::function<void()> job);

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<SteadyTime, std::function<void()>> jobs_;  // by when they begin
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace tg::admin
