// SPDX-License-Identifier: Apache-2.0
#include "admin/later.h"

#include <sodium.h>

namespace tg::admin {
namespace {

constexpr std::size_t kJobsMax = 256;
constexpr std::uint32_t kDelayMaxMs = 1000;

}  // namespace

Later::Later() : thread_{[this] { work(); }} {}

Later::~Later() {
  {
    const std::scoped_lock lock{mutex_};
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

bool Later::run(std::function<void()> job) {
  const std::chrono::milliseconds delay{randombytes_uniform(kDelayMaxMs)};
  {
    const std::scoped_lock lock{mutex_};
    if (jobs_.size() >= kJobsMax) return false;
    jobs_.emplace(std::chrono::steady_clock::now() + delay, std::move(job));
  }
  changed_.notify_one();
  return true;
}

void Later::work() {
  std::unique_lock lock{mutex_};
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    const auto due = jobs_.begin()->first;
    if (!stopping_ && std::chrono::steady_clock::now() < due) {
      // An earlier job may come, or the end.
      changed_.wait_until(lock, due);
      continue;
    }
    auto first = jobs_.extract(jobs_.begin());
    lock.unlock();
    first.mapped()();
    lock.lock();
  }
}

}  // namespace tg::admin
