// SPDX-License-Identifier: Apache-2.0
#include "gateway/control_pool.h"

#include <utility>

namespace tg::gateway {
namespace {

constexpr int kThreads = 2;
constexpr std::size_t kJobsMax = 256;

}  // namespace

ControlPool::ControlPool(Handler handler) : handler_{std::move(handler)} {
  for (int number = 0; number < kThreads; ++number) threads_.emplace_back([this] { run(); });
}

ControlPool::~ControlPool() { stop(); }

bool ControlPool::submit(http::Request request, Done done) {
  return submit([this, asked = std::move(request), tell = std::move(done)]() mutable {
    handler_(std::move(asked), std::move(tell));
  });
}

bool ControlPool::submit(Work work) {
  {
    const std::scoped_lock lock{mutex_};
    if (stopping_ || jobs_.size() >= kJobsMax) return false;
    jobs_.push_back(std::move(work));
  }
  changed_.notify_one();
  return true;
}

void ControlPool::stop() {
  {
    const std::scoped_lock lock{mutex_};
    stopping_ = true;
  }
  changed_.notify_all();
  threads_.clear();
}

void ControlPool::run() {
  for (;;) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    Work work = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    work();
  }
}

}  // namespace tg::gateway
