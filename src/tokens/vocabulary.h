// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/huge_pages.h"
#include "base/result.h"

// A vocabulary of byte pairs: which bytes are a token, and which two tokens join to which.
//
// A token's number is its rank, and the lower one is joined first. What scripts/vocabularies.py has
// proved of every vocabulary that the binary carries is relied upon here and in byte_pairs.h: each
// token is joined of its own bytes in exactly one way, and of two tokens that have lower ranks.
//
// Threading:  never changes; shared by all.
// Memory:     9.0 MB for o200k (built in some 50 ms), 4.6 for cl100k, 2.4 for p50k and r50k each.
namespace tg::tokens {

using Rank = std::uint32_t;
inline constexpr Rank kNoRank = UINT32_MAX;

class Vocabulary {
 public:
  // `merges` as scripts/vocabularies.py wrote it; of its ranks only those below `ranks_max`.
  Vocabulary(std::string_view merges, std::size_t ranks_max);

  Vocabulary(const Vocabulary&) = delete;
  Vocabulary& operator=(const Vocabulary&) = delete;

  // The token of exactly these bytes, of which there is at least one.
  [[nodiscard]] Rank find(std::string_view bytes) const noexcept;
  // The token that the two join to.
  [[nodiscard]] Rank join(Rank left, Rank right) const noexcept {
    const auto pair = pair_of(left, right);
    const auto bit = bit_of(pair);
    if ((may_join_[bit / 64] >> bit % 64 & 1) == 0) return kNoRank;
    for (auto slot = bit / kBitsOfSlot; pairs_[slot] != kFreePair; slot = (slot + 1) & mask_) {
      if (pairs_[slot] >> kRankBits == pair) return static_cast<Rank>(pairs_[slot] & kRankMask);
    }
    return kNoRank;
  }
  // Says that join() will be asked for the two, so that memory has its answer ready.
  void expect_join(Rank left, Rank right) const noexcept {
    const auto bit = bit_of(pair_of(left, right));
    __builtin_prefetch(may_join_.data() + bit / 64);
    __builtin_prefetch(pairs_.data() + bit / kBitsOfSlot);
  }
  [[nodiscard]] Rank join_bytes(unsigned char left, unsigned char right) const noexcept {
    return of_two_bytes_[left << 8U | right];
  }
  [[nodiscard]] Rank of_byte(unsigned char byte) const noexcept { return of_byte_[byte]; }

  [[nodiscard]] std::string_view token(Rank rank) const noexcept {
    return {bytes_.data() + starts_[rank], starts_[rank + 1] - starts_[rank]};
  }
  [[nodiscard]] std::size_t size() const noexcept { return starts_.size() - 1; }
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

 private:
  // Three ranks of a pair share 64 bits, and a rank and its tag 32.
  static constexpr unsigned kRankBits = 18;
  static constexpr Rank kRankMask = (Rank{1} << kRankBits) - 1;
  static constexpr std::uint64_t kFreePair = UINT64_MAX;
  static constexpr std::size_t kBitsOfSlot = 4;

  static std::uint64_t pair_of(Rank left, Rank right) noexcept {
    return static_cast<std::uint64_t>(left) << kRankBits | right;
  }
  // Where a pair's bit is in may_join_; its slot is at a quarter of that.
  [[nodiscard]] std::size_t bit_of(std::uint64_t pair) const noexcept {
    // The high half of the product depends on every bit of both ranks.
    return (pair * 0x9E3779B97F4A7C15) >> 40 & (kBitsOfSlot * mask_ + kBitsOfSlot - 1);
  }
  static std::uint32_t tagged(Rank rank, std::uint64_t hash) noexcept {
    return rank | static_cast<std::uint32_t>(hash >> 32) << kRankBits;
  }

  void add(Rank rank, std::string_view token);
  void add_pair(Rank left, Rank right, Rank joined);

  std::string bytes_;                  // of all tokens, one behind the other
  std::vector<std::uint32_t> starts_;  // of each token in bytes_, and the end
  std::array<Rank, 256> of_byte_{};
  std::vector<Rank> of_two_bytes_;
  // Hash tables with open addressing, less than half full. A token's slot holds its rank and a tag
  // of its hash, so that hardly anything is compared in vain; a pair's slot holds all three ranks.
  std::vector<std::uint32_t, HugePageAllocator<std::uint32_t>> tokens_;
  std::vector<std::uint64_t, HugePageAllocator<std::uint64_t>> pairs_;
  std::size_t mask_ = 0;
  // A bit for each quarter of a pair's slot, set where a pair may be. Three of four neighbours do
  // not join; these bits say so for most of them, and unlike the slots they stay in a core's cache.
  std::vector<std::uint64_t> may_join_;
};

}  // namespace tg::tokens
