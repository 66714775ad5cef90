// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

// Finding where a run of ordinary bytes ends, 16 at a time where the machine has SSE2 (every x86-64
// has). Private to this room.
//
// Threading:  pure functions. They never read at or past `end`.
namespace tg::http {

[[nodiscard]] constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
[[nodiscard]] constexpr bool is_alpha(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }

// Of a field value: a control character, but a tab may stand in it.
[[nodiscard]] constexpr bool is_control(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
}

// RFC 9110, 5.6.2: what names of methods and fields are made of.
inline constexpr std::array<bool, 256> kTokenBytes = [] {
  std::array<bool, 256> table{};
  for (const char c : std::string_view{"!#$%&'*+-.^_`|~"})
    table[static_cast<unsigned char>(c)] = true;
  for (int c = 0; c < 128; ++c) {
    if (is_digit(static_cast<char>(c)) || is_alpha(static_cast<char>(c))) table[c] = true;
  }
  return table;
}();
[[nodiscard]] inline bool is_token_byte(char c) {
  return kTokenBytes[static_cast<unsigned char>(c)];
}

[[nodiscard]] constexpr char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

// The value of a hexadecimal digit, or -1.
[[nodiscard]] constexpr int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

[[nodiscard]] inline std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

#ifdef __SSE2__
// Steps over blocks of 16 while `stops` finds nothing in them; then to the byte it found. Blocks
// are loaded whole, so the last 15 bytes or fewer are left to the caller.
template <typename Stops>
[[nodiscard]] inline const char* skip_blocks(const char* at, const char* end, bool& found,
                                             Stops stops) {
  for (; end - at >= 16; at += 16) {
    const auto block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const auto hits = static_cast<std::uint32_t>(_mm_movemask_epi8(stops(block)));
    if (hits == 0) continue;
    found = true;
    return at + std::countr_zero(hits);
  }
  return at;
}
#endif

// The first control character, or `end`.
[[nodiscard]] inline const char* find_control(const char* at, const char* end) {
#ifdef __SSE2__
  bool found = false;
  at = skip_blocks(at, end, found, [](__m128i block) {
    const auto low = _mm_cmpeq_epi8(_mm_min_epu8(block, _mm_set1_epi8(0x1f)), block);
    const auto tab = _mm_cmpeq_epi8(block, _mm_set1_epi8('\t'));
    const auto del = _mm_cmpeq_epi8(block, _mm_set1_epi8(0x7f));
    return _mm_or_si128(_mm_andnot_si128(tab, low), del);
  });
  if (found) return at;
#endif
  while (at != end && !is_control(*at)) ++at;
  return at;
}

// The first byte that cannot stand in a token, or `end`.
[[nodiscard]] inline const char* find_token_end(const char* at, const char* end) {
#ifdef __SSE2__
  bool found = false;
  // Letters, digits and '-' by range; the table below judges the rarer ones.
  at = skip_blocks(at, end, found, [](__m128i block) {
    const auto letter = _mm_sub_epi8(_mm_or_si128(block, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
    const auto is_letter = _mm_cmpeq_epi8(_mm_min_epu8(letter, _mm_set1_epi8(25)), letter);
    const auto digit = _mm_sub_epi8(block, _mm_set1_epi8('0'));
    const auto is_number = _mm_cmpeq_epi8(_mm_min_epu8(digit, _mm_set1_epi8(9)), digit);
    const auto is_dash = _mm_cmpeq_epi8(block, _mm_set1_epi8('-'));
    const auto ordinary = _mm_or_si128(_mm_or_si128(is_letter, is_number), is_dash);
    return _mm_andnot_si128(ordinary, _mm_set1_epi8(-1));
  });
#endif
  while (at != end && is_token_byte(*at)) ++at;
  return at;
}

// The first CR or LF, or `end`.
[[nodiscard]] inline const char* find_line_end(const char* at, const char* end) {
#ifdef __SSE2__
  bool found = false;
  at = skip_blocks(at, end, found, [](__m128i block) {
    return _mm_or_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8('\r')),
                        _mm_cmpeq_epi8(block, _mm_set1_epi8('\n')));
  });
  if (found) return at;
#endif
  while (at != end && *at != '\r' && *at != '\n') ++at;
  return at;
}

}  // namespace tg::http
