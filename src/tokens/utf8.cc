// SPDX-License-Identifier: Apache-2.0
#include "tokens/utf8.h"

#include <simdjson.h>

#include <algorithm>

namespace tg::tokens {
namespace {

constexpr std::string_view kReplacement = "\uFFFD";

struct Sequence {
  std::size_t size = 0;  // of the character, or of as much of it as is there
  bool whole = false;
};

// What the second byte may be depends on the first (RFC 3629, 4): nothing in more bytes than it
// needs, no surrogate, nothing beyond U+10FFFF.
bool is_second(unsigned char first, unsigned char second) noexcept {
  const unsigned char least = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const unsigned char most = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  return second >= least && second <= most;
}

Sequence sequence_at(std::string_view text) noexcept {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto first = byte(0);
  if (first < 0x80) return {1, true};
  if (first < 0xC2 || first > 0xF4) return {1, false};
  const std::size_t wanted = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  std::size_t size = 1;
  while (size < std::min(wanted, text.size()) &&
         (size == 1 ? is_second(first, byte(1)) : (byte(size) & 0xC0) == 0x80)) {
    ++size;
  }
  return {size, size == wanted};
}

bool can_be_completed(std::string_view text) noexcept {
  const auto first = static_cast<unsigned char>(text[0]);
  const auto sequence = sequence_at(text);
  return first >= 0xC2 && first <= 0xF4 && !sequence.whole && sequence.size == text.size();
}

}  // namespace

std::string_view valid_utf8(std::string_view text, std::string& scratch) {
  if (simdjson::validate_utf8(text.data(), text.size())) return text;
  scratch.clear();
  scratch.reserve(text.size() + text.size() / 8);
  while (!text.empty()) {
    const auto sequence = sequence_at(text);
    scratch += sequence.whole ? text.substr(0, sequence.size) : kReplacement;
    text.remove_prefix(sequence.size);
  }
  return scratch;
}

std::size_t unfinished_utf8(std::string_view text) noexcept {
  for (std::size_t size = 1; size <= std::min<std::size_t>(3, text.size()); ++size) {
    const auto tail = text.substr(text.size() - size);
    if ((static_cast<unsigned char>(tail[0]) & 0xC0) == 0x80) continue;
    return can_be_completed(tail) ? size : 0;
  }
  return 0;
}

}  // namespace tg::tokens
