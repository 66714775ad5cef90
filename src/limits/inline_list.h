// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <type_traits>
#include <vector>

// A list whose first few elements need no allocation.
namespace tg::limits {

template <typename T, std::size_t kInline>
class InlineList {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  void push_back(const T& value) {
    if (size_ < kInline) {
      first_[size_] = value;
    } else {
      more_.push_back(value);
    }
    ++size_;
  }
  void pop_back() {
    if (size_ > kInline) more_.pop_back();
    --size_;
  }
  void clear() {
    size_ = 0;
    more_.clear();
  }

  [[nodiscard]] T& operator[](std::size_t at) {
    return at < kInline ? first_[at] : more_[at - kInline];
  }
  [[nodiscard]] const T& operator[](std::size_t at) const {
    return at < kInline ? first_[at] : more_[at - kInline];
  }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  std::array<T, kInline> first_;  // not initialised: only the first `size_` are ever read
  std::vector<T> more_;
  std::size_t size_ = 0;
};

}  // namespace tg::limits
