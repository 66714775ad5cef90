// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tokens/tokenizer.h"

// Counts a text that comes in parts, cut anywhere, within characters too; its memory does not grow
// with the text. What is kept is the end of the text: the last piece of the encoding's pattern,
// which more text might still change.
//
// The count is exact, the same as Tokenizer::count of the whole, unless one piece, with what
// decides on its end, is longer than 64 KiB (a word, a run of spaces): no text of people or
// programs has such a piece. It is then counted in parts, exact() says no, and the count is an
// estimate, mostly a token too high for each part.
//
// Threading:  one thread at a time. The tokenizer must outlive it.
// Limits:     68 KiB of text, and while they are counted 20 times as much; time linear, however
// small the
//             parts are.
// Errors:     none; what is not UTF-8 counts as U+FFFD.
namespace tg::tokens {

class TokenCounter {
 public:
  static constexpr std::size_t kPieceMax = std::size_t{64} << 10U;

  explicit TokenCounter(const Tokenizer& tokenizer [[clang::lifetimebound]])
      : tokenizer_{&tokenizer} {}

  void feed(std::string_view bytes);

  // The text has ended. The next part begins another.
  std::int64_t finish();

  // While it has not: what is certain, and what cannot be exceeded, by one token a byte that waits.
  [[nodiscard]] std::int64_t at_least() const noexcept { return tokens_; }
  [[nodiscard]] std::int64_t at_most() const noexcept {
    return tokens_ +
           static_cast<std::int64_t>(waiting_.size() + kUnfinishedMax * unfinished_.size());
  }
  // False once a piece was counted in parts; for the finished text, until the next one begins.
  [[nodiscard]] bool exact() const noexcept { return exact_; }

 private:
  // A byte of a character that never ends may become U+FFFD, which is three.
  static constexpr std::size_t kUnfinishedMax = 3;
  // Small parts are gathered before they are looked at: most are tokens, and pieces end later.
  static constexpr std::size_t kGathered = 256;

  void take(std::string_view text);
  void count_pieces(bool text_has_ended);

  const Tokenizer* tokenizer_;
  std::string waiting_;              // UTF-8
  std::string unfinished_;           // the beginning of a character, at most 3 bytes
  std::size_t look_at_ = kGathered;  // so much must wait before it is looked at again
  std::int64_t tokens_ = 0;
  bool exact_ = true;
  bool ended_ = false;
};

}  // namespace tg::tokens
