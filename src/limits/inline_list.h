// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
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
      std::construct_at(first() + size_, value);
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
    return at < kInline ? first()[at] : more_[at - kInline];
  }
  [[nodiscard]] const T& operator[](std::size_t at) const {
    return at < kInline ? first()[at] : more_[at - kInline];
  }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  [[nodiscard]] T* first() { return reinterpret_cast<T*>(first_); }
  [[nodiscard]] const T* first() const { return reinterpret_cast<const T*>(first_); }

  // Bytes, because a call without elements should not pay for their initial values.
  alignas(T) std::byte first_[kInline * sizeof(T)];
  std::vector<T> more_;
  std::size_t size_ = 0;
};

}  // namespace tg::limits
