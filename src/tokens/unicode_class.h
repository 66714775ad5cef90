// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

// To which of eight classes a character belongs, as far as the encodings' patterns tell characters
// apart. The classes are bits, so that a set of them is tested at once.
//
// Threading:  constant data, made by the compiler; nothing is built when the program starts.
// Limits:     Unicode 16, as tiktoken has it; what was assigned later is kOther.
namespace tg::tokens {

using ClassSet = std::uint8_t;
inline constexpr ClassSet kUpper = 1;     // Lu, Lt
inline constexpr ClassSet kLower = 2;     // Ll
inline constexpr ClassSet kUncased = 4;   // Lm, Lo: most scripts' letters
inline constexpr ClassSet kMark = 8;      // M
inline constexpr ClassSet kNumber = 16;   // N
inline constexpr ClassSet kSpace = 32;    // White_Space, but for the two of kNewline
inline constexpr ClassSet kNewline = 64;  // \r and \n
inline constexpr ClassSet kOther = 128;

inline constexpr ClassSet kLetter = kUpper | kLower | kUncased;
inline constexpr ClassSet kWhite = kSpace | kNewline;

// Blocks of 128 characters; those that are of one class throughout are kept once.
struct ClassTable {
  static constexpr std::size_t kBlock = 128;
  static constexpr std::size_t kBlocks = 0x110000 / kBlock;
  static constexpr std::size_t kKeptMax = 640;

  std::array<std::uint16_t, kBlocks> index{};
  std::array<ClassSet, kKeptMax * kBlock> classes{};  // the first block is ASCII
};
extern const ClassTable kClassTable;

[[nodiscard]] inline ClassSet class_of(char32_t character) noexcept {
  const std::size_t block = kClassTable.index[character / ClassTable::kBlock];
  return kClassTable.classes[block * ClassTable::kBlock + character % ClassTable::kBlock];
}

[[nodiscard]] inline ClassSet class_of_ascii(unsigned char byte) noexcept {
  return kClassTable.classes[byte];
}

}  // namespace tg::tokens
