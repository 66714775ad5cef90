// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

// One value, replaced whole by control threads and read by every worker.
//
// Threading:  publish() from any thread. A worker reads through its own Reader, which looks at one
//             atomic version and touches the lock only when a new value has come.
// Lifetime:   readers share ownership: an old value goes when its last call is settled.
namespace tg::config {

template <typename T>
class Published {
 public:
  explicit Published(std::shared_ptr<const T> first) : value_{std::move(first)} {}

  void publish(std::shared_ptr<const T> next) {
    const std::scoped_lock lock{mutex_};
    value_ = std::move(next);
    version_.fetch_add(1, std::memory_order_release);
  }

  [[nodiscard]] std::shared_ptr<const T> get() const {
    const std::scoped_lock lock{mutex_};
    return value_;
  }

  class Reader {
   public:
    explicit Reader(const Published& source) : source_{source} {}

    [[nodiscard]] const std::shared_ptr<const T>& get() {
      const auto version = source_.version_.load(std::memory_order_acquire);
      if (version != version_) {
        value_ = source_.get();
        version_ = version;
      }
      return value_;
    }

   private:
    const Published& source_;
    std::uint64_t version_ = 0;
    std::shared_ptr<const T> value_;
  };

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;
  std::atomic<std::uint64_t> version_{1};
};

}  // namespace tg::config
