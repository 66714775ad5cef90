// SPDX-License-Identifier: Apache-2.0
#include "tokens/byte_pairs.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>

#include "tokens/joining.h"

namespace tg::tokens {
namespace {

constexpr std::size_t kWindow = ShortJoining::kSlotsMax;
constexpr std::size_t kGrowth = 4;
constexpr std::size_t kNarrowMax = std::size_t{1} << NarrowKey::kSlotBits;
// Of a window, at least a quarter is taken: what was tried in vain is then at most some times as
// much.
constexpr std::size_t kSeamsMax = 8;

template <typename Joined>
void join_as(const Vocabulary& vocabulary, std::string_view bytes, std::vector<Rank>& out) {
  Joined joined{vocabulary, bytes};
  joined.run();
  joined.each_token([&out](Rank token) { out.push_back(token); });
}

void join_all(const Vocabulary& vocabulary, std::string_view bytes, std::vector<Rank>& out) {
  if (bytes.size() <= kWindow) {
    join_as<ShortJoining>(vocabulary, bytes, out);
  } else if (bytes.size() <= kNarrowMax) {
    join_as<LongJoining<NarrowKey>>(vocabulary, bytes, out);
  } else {
    join_as<LongJoining<WideKey>>(vocabulary, bytes, out);
  }
}

// A long piece, a window at a time.
class LongPiece {
 public:
  LongPiece(const Vocabulary& vocabulary, std::string_view piece)
      : vocabulary_{vocabulary}, rest_{piece} {
    join_all(vocabulary_, window(), tokens_);
  }

  // Hands the whole piece's tokens to `take`, a span at a time.
  template <typename Take>
  void run(Take take) {
    while (size_ < rest_.size()) {
      const auto taken = find_seam();
      if (taken == 0) {
        size_ *= kGrowth;
        tokens_.clear();
        join_all(vocabulary_, window(), tokens_);
        continue;
      }
      take(std::span<const Rank>{tokens_}.first(taken));
      rest_.remove_prefix(seam_);
      size_ = next_size_;
      tokens_.swap(next_);
    }
    take(std::span<const Rank>{tokens_});
  }

 private:
  [[nodiscard]] std::string_view window() const noexcept { return rest_.substr(0, size_); }

  // How many of the window's tokens come before a seam; the next window is then known. 0: none was
  // found between a quarter and three quarters.
  std::size_t find_seam() {
    auto taken = tokens_.size();
    seam_ = size_;
    // A window that had to grow once, for long tokens, would have to again.
    next_size_ = std::min(size_, kGrowth * kWindow);
    for (std::size_t tries = 0; tries < kSeamsMax;) {
      seam_ -= vocabulary_.token(tokens_[--taken]).size();
      if (seam_ > size_ / 4 * 3) continue;
      if (seam_ < size_ / 4) return 0;
      encode_next();
      if (is_seam(tokens_[taken - 1], next_.front())) return taken;
      ++tries;
    }
    return 0;
  }

  void encode_next() {
    const auto next = rest_.substr(seam_, next_size_);
    // Where one thing is repeated, so are the windows.
    if (next == window()) {
      next_ = tokens_;
    } else {
      next_.clear();
      join_all(vocabulary_, next, next_);
    }
  }

  bool is_seam(Rank left, Rank right) {
    if (left == last_seam_[0] && right == last_seam_[1]) return true;
    both_.assign(vocabulary_.token(left)).append(vocabulary_.token(right));
    joined_.clear();
    join_all(vocabulary_, both_, joined_);
    const std::array seam = {left, right};
    if (!std::ranges::equal(joined_, seam)) return false;
    last_seam_ = seam;
    return true;
  }

  const Vocabulary& vocabulary_;
  std::string_view rest_;
  std::size_t size_ = kWindow;
  std::vector<Rank> tokens_;
  std::size_t seam_ = 0;
  std::size_t next_size_ = kWindow;
  std::vector<Rank> next_;
  std::array<Rank, 2> last_seam_ = {kNoRank, kNoRank};
  std::string both_;
  std::vector<Rank> joined_;
};

}  // namespace

void encode_piece(const Vocabulary& vocabulary, std::string_view piece, std::vector<Rank>& out) {
  if (const Rank whole = vocabulary.find(piece); whole != kNoRank) {
    out.push_back(whole);
  } else if (piece.size() <= kWindow) {
    join_all(vocabulary, piece, out);
  } else {
    LongPiece{vocabulary, piece}.run([&out](std::span<const Rank> tokens) {
      out.insert(out.end(), tokens.begin(), tokens.end());
    });
  }
}

std::size_t count_piece(const Vocabulary& vocabulary, std::string_view piece) {
  if (vocabulary.find(piece) != kNoRank) return 1;
  if (piece.size() <= kWindow) return ShortJoining{vocabulary, piece}.run();
  std::size_t count = 0;
  LongPiece{vocabulary, piece}.run(
      [&count](std::span<const Rank> tokens) { count += tokens.size(); });
  return count;
}

}  // namespace tg::tokens
