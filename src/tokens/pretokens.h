// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

// Where an encoding's pattern cuts a text into the pieces that are encoded on their own. The
// patterns are tiktoken's (tiktoken_ext/openai_public.py), followed by hand: no regular
// expression's engine is as fast, or linear on whatever it is given.
//
// Threading:  pure.
// Limits:     each byte is looked at a bounded number of times; no memory.
// Errors:     none; the text must be UTF-8 (utf8.h), and the pieces then are.
namespace tg::tokens {

enum class Pattern : std::uint8_t { kGpt2, kCl100k, kO200k };

struct Piece {
  std::size_t size = 0;
  bool open = false;  // the text's end was looked at: with more text, it could be another piece
};

// The piece at the beginning of `text`, which is not empty.
[[nodiscard]] Piece first_piece(Pattern pattern, std::string_view text) noexcept;

}  // namespace tg::tokens
