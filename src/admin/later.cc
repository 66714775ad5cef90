// SPDX-License-Identifier: Apache-2.0
#include "admin/later.h"

namespace tg::admin {
namespace {

constexpr std::size_t kJobsMax = 256;

}  // namespace

Later::Later() : thread_{[this] { work(); }} {}

Later::~Later() {
  {
    const std::scoped_lock lock{mutex_};
    stopping_ = true;
  }
  arrived_.notify_one();
  thread_.join();
}

bool Later::run(std::function<void()> job) {
  {
    const std::scoped_lock lock{mutex_};
    if (jobs_.size() >= kJobsMax) return false;
    jobs_.push_back(std::move(job));
  }
  arrived_.notify_one();
  return true;
}

void Later::work() {
  for (;;) {
    std::unique_lock lock{mutex_};
    arrived_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    const auto job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
  }
}

}  // namespace tg::admin
