// SPDX-License-Identifier: Apache-2.0
#include "net/posted_work.h"

#include <sys/eventfd.h>

#include <utility>

#include "base/result.h"

namespace tg::net {

PostedWork::PostedWork(Readiness& readiness) : event_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
  // At start, where nothing could go on without it.
  TG_CHECK(event_.valid() && readiness.add(event_.get(), *this, EPOLLIN | EPOLLET));
}

void PostedWork::post(std::move_only_function<void()> work) {
  bool first = false;
  {
    const std::scoped_lock lock{mutex_};
    first = waiting_.empty();
    waiting_.push_back(std::move(work));
    waits_ = true;
  }
  if (first && std::this_thread::get_id() != thread_.load()) wake();
}

void PostedWork::wake() noexcept { ::eventfd_write(event_.get(), 1); }

void PostedWork::run() {
  if (empty()) return;
  {
    const std::scoped_lock lock{mutex_};
    std::swap(waiting_, running_);
    waits_ = false;
  }
  for (auto& work : running_) work();
  running_.clear();
}

}  // namespace tg::net
