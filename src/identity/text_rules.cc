// SPDX-License-Identifier: Apache-2.0
#include "identity/text_rules.h"

#include <algorithm>
#include <cstdint>

namespace tg::identity {
namespace {

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t bytes = 0;  // 0: malformed
};

CodePoint read_code_point(std::string_view text) noexcept {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return {first, 1};
  const std::size_t bytes = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < bytes) return {};
  std::uint32_t value = first & (0xFFU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0U) != 0x80) return {};
    value = value << 6 | (next & 0x3FU);
  }
  constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < kLeast[bytes] || value > 0x10FFFF || is_surrogate) return {};
  return {value, bytes};
}

bool is_control(std::uint32_t value) noexcept {
  return value < 0x20 || (value >= 0x7F && value < 0xA0);
}

}  // namespace

std::optional<std::size_t> count_plain_characters(std::string_view text) noexcept {
  std::size_t count = 0;
  while (!text.empty()) {
    const auto [value, bytes] = read_code_point(text);
    if (bytes == 0 || is_control(value)) return std::nullopt;
    text.remove_prefix(bytes);
    ++count;
  }
  return count;
}

std::string to_lower_ascii(std::string_view text) {
  std::string lower{text};
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

}  // namespace tg::identity
