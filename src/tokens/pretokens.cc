// SPDX-License-Identifier: Apache-2.0
#include "tokens/pretokens.h"

#include "tokens/unicode_class.h"

namespace tg::tokens {
namespace {

constexpr ClassSet kSymbol = kOther | kMark;           // [^\s\p{L}\p{N}]
constexpr ClassSet kBeforeWord = kSpace | kSymbol;     // [^\r\n\p{L}\p{N}]
constexpr ClassSet kHead = kUpper | kUncased | kMark;  // [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]
constexpr ClassSet kTail = kLower | kUncased | kMark;  // [\p{Ll}\p{Lm}\p{Lo}\p{M}]

struct Character {
  ClassSet classes = 0;  // of no class at the text's end
  std::size_t size = 0;
};

Character decode(const char* at) noexcept {
  const auto byte = [at](int i) { return static_cast<unsigned char>(at[i]); };
  const auto low = [&byte](int i) { return byte(i) & 0x3FU; };
  if (byte(0) < 0x80) return {class_of_ascii(byte(0)), 1};
  if (byte(0) < 0xE0) return {class_of((byte(0) & 0x1FU) << 6 | low(1)), 2};
  if (byte(0) < 0xF0) return {class_of((byte(0) & 0xFU) << 12 | low(1) << 6 | low(2)), 3};
  return {class_of((byte(0) & 7U) << 18 | low(1) << 12 | low(2) << 6 | low(3)), 4};
}

char in_lower_case(char byte) noexcept {
  return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte + ('a' - 'A')) : byte;
}

enum class Case : std::uint8_t { kSensitive, kInsensitive };

// Finds ends of pieces in one text, and remembers whether the text's own end had a part in it.
class Scanner {
 public:
  explicit Scanner(std::string_view text) noexcept
      : begin_{text.data()}, end_{text.data() + text.size()} {}

  [[nodiscard]] Piece piece(const char* end) const noexcept {
    return {static_cast<std::size_t>(end - begin_), open_};
  }

  const char* gpt2() noexcept;
  const char* cl100k() noexcept;
  const char* o200k() noexcept;

 private:
  Character at(const char* place) noexcept {
    if (place != end_) return decode(place);
    open_ = true;
    return {};
  }

  // Where the run of characters of these classes ends.
  const char* after(const char* place, ClassSet classes) noexcept {
    while (place != end_) {
      const auto byte = static_cast<unsigned char>(*place);
      const auto character = byte < 0x80 ? Character{class_of_ascii(byte), 1} : decode(place);
      if ((character.classes & classes) == 0) return place;
      place += character.size;
    }
    open_ = true;
    return place;
  }

  bool is(const char* place, ClassSet classes) noexcept {
    return (at(place).classes & classes) != 0;
  }
  bool is_byte(const char* place, char lower_case, Case sensitivity) noexcept {
    if (place == end_) {
      open_ = true;
      return false;
    }
    return lower_case == (sensitivity == Case::kSensitive ? *place : in_lower_case(*place));
  }

  const char* contraction(const char* place, Case sensitivity) noexcept;
  const char* with_contraction(const char* place) noexcept;
  const char* numbers(const char* place) noexcept;
  const char* white(const char* place, bool newline_first) noexcept;
  const char* cased_word(const char* place, const char*& upper_end) noexcept;
  const char* word_of_o200k(Character first) noexcept;

  const char* begin_;
  const char* end_;
  bool open_ = false;
};

// '(?:[sdmt]|ll|ve|re), or nothing.
const char* Scanner::contraction(const char* place, Case sensitivity) noexcept {
  if (!is_byte(place, '\'', Case::kSensitive)) return nullptr;
  const char* const letter = place + 1;
  for (const char last : {'s', 'd', 'm', 't'}) {
    if (is_byte(letter, last, sensitivity)) return letter + 1;
  }
  const bool goes_on_with_l = is_byte(letter, 'l', sensitivity);
  const bool goes_on_with_e =
      is_byte(letter, 'v', sensitivity) || is_byte(letter, 'r', sensitivity);
  if (goes_on_with_l && is_byte(letter + 1, 'l', sensitivity)) return letter + 2;
  if (goes_on_with_e && is_byte(letter + 1, 'e', sensitivity)) return letter + 2;
  // The long s (U+017F) is an s in another case.
  constexpr std::string_view kLongS = "\u017F";
  const bool folds = sensitivity == Case::kInsensitive;
  if (folds && std::string_view{letter, end_}.starts_with(kLongS)) return letter + kLongS.size();
  return nullptr;
}

const char* Scanner::with_contraction(const char* place) noexcept {
  const char* const end = contraction(place, Case::kInsensitive);
  return end == nullptr ? place : end;
}

// \p{N}{1,3}
const char* Scanner::numbers(const char* place) noexcept {
  for (int i = 0; i < 3; ++i) {
    const auto character = at(place);
    if ((character.classes & kNumber) == 0) break;
    place += character.size;
  }
  return place;
}

// A run of white space ends with its last newline (`\s*[\r\n]`, where `newline_first`); without
// one, before its last character, which belongs to what follows (`\s+(?!\S)`), unless it has no
// other.
const char* Scanner::white(const char* place, bool newline_first) noexcept {
  const char* end = place;
  const char* after_newline = nullptr;
  const char* last = place;
  for (auto character = at(end); (character.classes & kWhite) != 0; character = at(end)) {
    last = end;
    end += character.size;
    if ((character.classes & kNewline) != 0) after_newline = end;
  }
  if (newline_first && after_newline != nullptr) return after_newline;
  return end == end_ || last == place ? end : last;
}

// '(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s
const char* Scanner::gpt2() noexcept {
  if (const char* end = contraction(begin_, Case::kSensitive)) return end;
  const char* const word = *begin_ == ' ' ? begin_ + 1 : begin_;
  const auto classes = at(word).classes;
  for (const ClassSet kind : {kLetter, kNumber, kSymbol}) {
    if ((classes & kind) != 0) return after(word, kind);
  }
  return white(begin_, false);
}

// '(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+
// |\s++$|\s*[\r\n]|\s+(?!\S)|\s
const char* Scanner::cl100k() noexcept {
  if (const char* end = contraction(begin_, Case::kInsensitive)) return end;
  const auto first = decode(begin_);
  if ((first.classes & kLetter) != 0) return after(begin_, kLetter);
  if ((first.classes & kNumber) != 0) return numbers(begin_);
  if ((first.classes & kBeforeWord) != 0 && is(begin_ + first.size, kLetter)) {
    return after(begin_ + first.size, kLetter);
  }
  const char* const symbols = *begin_ == ' ' ? begin_ + 1 : begin_;
  if (is(symbols, kSymbol)) return after(after(symbols, kSymbol), kNewline);
  const char* const run = after(begin_, kWhite);
  return run == end_ ? run : white(begin_, true);
}

// kHead*kTail+, or nothing; `upper_end` is then where kHead+kTail* ends (`place`: nowhere).
const char* Scanner::cased_word(const char* place, const char*& upper_end) noexcept {
  const char* after_both = nullptr;
  auto character = at(place);
  for (; (character.classes & kHead) != 0; character = at(place)) {
    place += character.size;
    if ((character.classes & kTail) != 0) after_both = place;
  }
  upper_end = place;
  if ((character.classes & kTail) != 0) return after(place, kTail);
  // kHead* has taken everything; it gives back until one is left that kTail+ takes as well.
  return after_both;
}

// The first two alternatives of o200k, or nothing.
const char* Scanner::word_of_o200k(Character first) noexcept {
  const bool has_prefix = (first.classes & kBeforeWord) != 0;
  if (!has_prefix && (first.classes & kLetter) == 0) return nullptr;
  const char* const word = has_prefix ? begin_ + first.size : begin_;
  const char* upper_end = nullptr;
  if (const char* end = cased_word(word, upper_end)) return end;
  // A mark may stand before a word as well as in it; the pattern tries without prefix before it
  // tries the alternative for words without lower case.
  const char* unused = nullptr;
  if ((first.classes & kMark) != 0) return cased_word(begin_, unused);
  return upper_end == word ? nullptr : upper_end;
}

// [^\r\n\p{L}\p{N}]?kHead*kTail+(?i:'s|'t|'re|'ve|'m|'ll|'d)?
// |[^\r\n\p{L}\p{N}]?kHead+kTail*(?i:'s|'t|'re|'ve|'m|'ll|'d)?
// |\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+
const char* Scanner::o200k() noexcept {
  const auto first = decode(begin_);
  if (const char* end = word_of_o200k(first)) return with_contraction(end);
  if ((first.classes & kNumber) != 0) return numbers(begin_);
  const char* const symbols = *begin_ == ' ' ? begin_ + 1 : begin_;
  if (!is(symbols, kSymbol)) return white(begin_, true);
  const char* end = after(symbols, kSymbol);
  while (is(end, kNewline) || is_byte(end, '/', Case::kSensitive)) ++end;
  return end;
}

}  // namespace

Piece first_piece(Pattern pattern, std::string_view text) noexcept {
  Scanner scanner{text};
  switch (pattern) {
    case Pattern::kGpt2: return scanner.piece(scanner.gpt2());
    case Pattern::kCl100k: return scanner.piece(scanner.cl100k());
    case Pattern::kO200k: break;
  }
  return scanner.piece(scanner.o200k());
}

}  // namespace tg::tokens
