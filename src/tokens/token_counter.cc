// SPDX-License-Identifier: Apache-2.0
#include "tokens/token_counter.h"

#include <algorithm>
#include <utility>

#include "tokens/byte_pairs.h"
#include "tokens/utf8.h"

namespace tg::tokens {

void TokenCounter::feed(std::string_view bytes) {
  if (std::exchange(ended_, false)) {
    tokens_ = 0;
    exact_ = true;
  }
  // Slices keep what waits within its limit, however much comes at once.
  constexpr std::size_t kSlice = 4096;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(kSlice, bytes.size()))) {
    const auto slice = bytes.substr(0, kSlice);
    unfinished_ += slice;
    const auto whole = unfinished_.size() - unfinished_utf8(unfinished_);
    const auto text = std::exchange(unfinished_, unfinished_.substr(whole));
    take(std::string_view{text}.substr(0, whole));
  }
}

void TokenCounter::take(std::string_view text) {
  std::string scratch;
  waiting_ += valid_utf8(text, scratch);
  if (waiting_.size() >= look_at_) count_pieces(false);
}

std::int64_t TokenCounter::finish() {
  // Nothing completes what is unfinished.
  std::string scratch;
  waiting_ += valid_utf8(unfinished_, scratch);
  unfinished_.clear();
  count_pieces(true);
  ended_ = true;
  return tokens_;
}

void TokenCounter::count_pieces(bool text_has_ended) {
  std::string_view rest = waiting_;
  while (!rest.empty()) {
    auto piece = first_piece(tokenizer_->pattern(), rest);
    if (piece.open && !text_has_ended) {
      if (rest.size() < kPieceMax) break;
      piece.size = rest.size();
      exact_ = false;
    }
    tokens_ += static_cast<std::int64_t>(
        count_piece(tokenizer_->vocabulary(), rest.substr(0, piece.size)));
    rest.remove_prefix(piece.size);
  }
  waiting_.erase(0, waiting_.size() - rest.size());
  // Twice as much next time: a long piece is then looked at a few times, not with each part.
  look_at_ = std::clamp(2 * waiting_.size(), kGathered, kPieceMax);
}

}  // namespace tg::tokens
