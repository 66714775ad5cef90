// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <ostream>
#include <string>
#include <string_view>

// A text that stands in its object: an id in what is copied for every call. No malloc, and a copy
// is one of 40 bytes.
//
// Threading:  a value.
// Limits:     39 bytes, what is longer is cut; the longest id has 31.
namespace tg {

class ShortText {
 public:
  static constexpr std::size_t kBytesMax = 39;

  ShortText() = default;
  // Implicit: wherever an id is written as a text.
  ShortText(std::string_view text) noexcept
      : size_{static_cast<std::uint8_t>(std::min(text.size(), kBytesMax))} {
    std::memcpy(bytes_.data(), text.data(), size_);
  }
  ShortText(const std::string& text) noexcept : ShortText{std::string_view{text}} {}
  ShortText(const char* text) noexcept : ShortText{std::string_view{text}} {}

  [[nodiscard]] std::string_view view() const noexcept { return {bytes_.data(), size_}; }
  operator std::string_view() const noexcept { return view(); }
  // All of it, zeros behind its end: to be copied without asking how long it is.
  [[nodiscard]] const std::array<char, kBytesMax>& bytes() const noexcept { return bytes_; }
  [[nodiscard]] std::string str() const { return std::string{view()}; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

  friend bool operator==(const ShortText& left, const ShortText& right) noexcept {
    return left.view() == right.view();
  }
  friend auto operator<=>(const ShortText& left, const ShortText& right) noexcept {
    return left.view() <=> right.view();
  }
  friend std::ostream& operator<<(std::ostream& out, const ShortText& text) {
    return out << text.view();
  }

 private:
  std::array<char, kBytesMax> bytes_{};
  std::uint8_t size_ = 0;
};

}  // namespace tg
