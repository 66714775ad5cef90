// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "base/ids.h"

// What this process has seen of one upstream model: whether it keeps its word, and how long its
// answers are. It stays when the snapshot around it is replaced.
//
// Threading:  TargetState from all workers, without a lock; TargetStates from control threads.
// Lifetime:   a TargetState is shared by the snapshots that name its target.
namespace tg::config {

class TargetState {
 public:
  // It has reported more than a call was bounded by: from then on its calls are reserved at the
  // model's limits.
  [[nodiscard]] bool broke_its_word() const noexcept {
    return broke_its_word_.load(std::memory_order_relaxed);
  }
  void set_broke_its_word(bool broke) noexcept {
    broke_its_word_.store(broke, std::memory_order_relaxed);
  }

  void add_answer(std::int64_t output_tokens) noexcept;
  // Of the last 1,000 answers, up to 256 calls behind; 0: not known until there were 64.
  [[nodiscard]] std::int64_t median_output_tokens() const noexcept {
    return median_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::int64_t percentile_95_output_tokens() const noexcept {
    return percentile_95_.load(std::memory_order_relaxed);
  }

 private:
  static constexpr std::size_t kAnswers = 1000;
  static constexpr std::uint64_t kCountFirst = 64;
  // How many answers may come between two counts: a count of 1,000 costs 5 µs.
  static constexpr std::uint64_t kCountEvery = 256;
  void count(std::uint64_t answers) noexcept;

  std::atomic<bool> broke_its_word_{false};
  std::atomic<std::uint64_t> answers_{0};
  std::array<std::atomic<std::uint32_t>, kAnswers> sizes_{};
  std::atomic<std::int64_t> median_{0};
  std::atomic<std::int64_t> percentile_95_{0};
};

class TargetStates {
 public:
  [[nodiscard]] std::shared_ptr<TargetState> of(const ProviderId& provider,
                                                const std::string& upstream_model);

 private:
  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<TargetState>> states_;
};

}  // namespace tg::config
