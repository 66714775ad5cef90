// SPDX-License-Identifier: Apache-2.0
#include "cli/price_clock.h"

#include <algorithm>
#include <utility>

namespace tg::cli {
namespace {

using namespace std::chrono_literals;

// A wall clock may be set: it is looked at again at least so often.
constexpr std::chrono::milliseconds kLookAgain = 30s;
constexpr std::chrono::milliseconds kRetry = 5s;

}  // namespace

void PriceClock::start() {
  thread_ = std::jthread{[this] { run(); }};
}

void PriceClock::stop() {
  if (!thread_.joinable()) return;
  {
    const std::scoped_lock lock{mutex_};
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void PriceClock::set(std::optional<WallTime> at) {
  {
    const std::scoped_lock lock{mutex_};
    at_ = at;
  }
  changed_.notify_all();
}

void PriceClock::try_again() { set(wall_now() + kRetry); }

void PriceClock::run() {
  std::unique_lock lock{mutex_};
  while (!stopping_) {
    if (!at_) {
      changed_.wait(lock);
      continue;
    }
    if (const auto left = *at_ - wall_now(); left > 0ms) {
      changed_.wait_for(lock, std::min<std::chrono::milliseconds>(left, kLookAgain));
      continue;
    }
    at_.reset();
    lock.unlock();
    change_();
    lock.lock();
  }
}

}  // namespace tg::cli
