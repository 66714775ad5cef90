// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>
#include <vector>

#include "tokens/vocabulary.h"

// One window's byte pairs, joined until none joins any more: what byte_pairs.cc does its windows
// with. A slot for each byte; a token stands in the slot of its first byte, beside the key of the
// pair that begins with it.
//
// Threading:  pure.
// Limits:     see the two classes; a wide key has 40 bits for the slot, 18 for the rank.
namespace tg::tokens {

// A pair's rank, and in the low bits its slot: the least key is the leftmost pair of lowest rank.
template <typename Number, unsigned kBits>
struct PairKey {
  using Key = Number;
  static constexpr unsigned kSlotBits = kBits;
  // Beyond every pair's; as a float too, and no infinity there.
  static constexpr Key kNone = std::numeric_limits<Key>::max() >> 1;

  static Key make(Rank rank, std::size_t slot) noexcept {
    if (rank == kNoRank) return kNone;
    return static_cast<Key>(rank) << kSlotBits | static_cast<Key>(slot);
  }
  static Rank rank(Key key) noexcept { return static_cast<Rank>(key >> kSlotBits); }
  static std::size_t slot(Key key) noexcept {
    return static_cast<std::size_t>(key & ((Key{1} << kSlotBits) - 1));
  }
};
// 18 bits of rank and 12 of slot.
using NarrowKey = PairKey<std::int32_t, 12>;
using WideKey = PairKey<std::int64_t, 40>;

inline constexpr std::size_t kGroup = 16;

[[nodiscard]] constexpr std::size_t groups_of(std::size_t slots) noexcept {
  return (slots + kGroup - 1) / kGroup;
}

template <typename Key>
Key least_of_group(const Key* group) noexcept {
  Key least = group[0];
  for (std::size_t i = 1; i < kGroup; ++i) least = std::min(least, group[i]);
  return least;
}

// The least of `count` narrow keys, a multiple of kGroup. They are compared as floats, which are in
// the same order as long as they are positive: SSE2 has the lesser of two floats, of integers not.
inline NarrowKey::Key least_of(const NarrowKey::Key* keys, std::size_t count) noexcept {
  using Four = float __attribute__((vector_size(16)));
  const auto load = [keys](std::size_t at) {
    Four four;
    std::memcpy(&four, keys + at, sizeof(four));
    return four;
  };
  const auto lesser = [](Four a, Four b) { return a < b ? a : b; };
  auto least = lesser(load(0), load(4));
  auto other = lesser(load(8), load(12));
  for (std::size_t at = kGroup; at < count; at += kGroup) {
    least = lesser(least, lesser(load(at), load(at + 4)));
    other = lesser(other, lesser(load(at + 8), load(at + 12)));
  }
  least = lesser(least, other);
  least = lesser(least, __builtin_shufflevector(least, least, 2, 3, 0, 1));
  least = lesser(least, __builtin_shufflevector(least, least, 1, 0, 3, 2));
  return std::bit_cast<NarrowKey::Key>(least[0]);
}
inline NarrowKey::Key least_of_group(const NarrowKey::Key* group) noexcept {
  return least_of(group, kGroup);
}

// At most 128 bytes, as nearly all pieces are: their keys are few enough to be looked through
// whole. That is done while the new neighbours are looked up, which takes as long.
class ShortJoining {
  using Keys = NarrowKey;
  using Key = Keys::Key;

 public:
  static constexpr std::size_t kSlotsMax = 8 * kGroup;

  ShortJoining(const Vocabulary& vocabulary, std::string_view bytes) noexcept
      : vocabulary_{vocabulary}, size_{bytes.size()}, keys_end_{groups_of(size_) * kGroup} {
    std::fill_n(&keys_[keys_end_ - kGroup], kGroup, Keys::kNone);
    auto byte = static_cast<unsigned char>(bytes[0]);
    for (std::size_t i = 0; i < size_; ++i) {
      token_[i] = vocabulary_.of_byte(byte);
      next_[i] = static_cast<std::uint8_t>(i + 1);
      previous_[i] = static_cast<std::uint8_t>(i - 1);  // the first has none, and is not asked
      if (i + 1 == size_) break;
      const auto following = static_cast<unsigned char>(bytes[i + 1]);
      keys_[i] = Keys::make(vocabulary_.join_bytes(byte, following), i);
      byte = following;
    }
  }

  // How many tokens are left.
  std::size_t run() noexcept {
    auto tokens = size_;
    for (auto key = least(); key != Keys::kNone; --tokens) {
      key = join(Keys::slot(key), Keys::rank(key));
    }
    return tokens;
  }

  template <typename Take>
  void each_token(Take take) const {
    for (std::size_t slot = 0; slot < size_; slot = next_[slot]) take(token_[slot]);
  }

 private:
  // Returns what is least then.
  Key join(std::size_t slot, Rank joined) noexcept {
    const std::size_t taken = next_[slot];
    const std::size_t after = next_[taken];
    const std::size_t before = slot == 0 ? 0 : previous_[slot];
    keys_[taken] = keys_[slot] = keys_[before] = Keys::kNone;
    token_[slot] = joined;
    next_[slot] = static_cast<std::uint8_t>(after);
    if (after < size_) vocabulary_.expect_join(joined, token_[after]);
    if (slot != 0) vocabulary_.expect_join(token_[before], joined);
    const Key others = least();
    Key with_next = Keys::kNone;
    Key with_previous = Keys::kNone;
    if (after < size_) {
      previous_[after] = static_cast<std::uint8_t>(slot);
      with_next = Keys::make(vocabulary_.join(joined, token_[after]), slot);
    }
    if (slot != 0) {
      with_previous = Keys::make(vocabulary_.join(token_[before], joined), before);
      keys_[before] = with_previous;
    }
    keys_[slot] = with_next;
    return std::min({others, with_next, with_previous});
  }

  [[nodiscard]] Key least() const noexcept { return least_of(keys_.data(), keys_end_); }

  const Vocabulary& vocabulary_;
  std::size_t size_;
  std::size_t keys_end_;
  alignas(64) std::array<Key, kSlotsMax> keys_;
  std::array<Rank, kSlotsMax> token_;
  std::array<std::uint8_t, kSlotsMax> next_;
  std::array<std::uint8_t, kSlotsMax> previous_;
};

// Any number of bytes. Above the keys stand the least of each sixteen, and of each sixteen of those
// again: the next pair is found at the top, and a changed key costs one such group a level.
template <typename Keys>
class LongJoining {
  using Key = typename Keys::Key;
  using Index = std::uint32_t;

 public:
  LongJoining(const Vocabulary& vocabulary, std::string_view bytes)
      : vocabulary_{vocabulary},
        size_{bytes.size()},
        token_(size_),
        next_(size_),
        previous_(size_) {
    auto places = size_;
    do {
      places = groups_of(places);
      levels_.emplace_back(places * kGroup, Keys::kNone);
    } while (places > 1);
    for (std::size_t i = 0; i < size_; ++i) {
      const auto byte = static_cast<unsigned char>(bytes[i]);
      token_[i] = vocabulary_.of_byte(byte);
      next_[i] = static_cast<Index>(i + 1);
      previous_[i] = static_cast<Index>(i - 1);  // the first has none, and is not asked
      if (i + 1 == size_) break;
      const auto joined = vocabulary_.join_bytes(byte, static_cast<unsigned char>(bytes[i + 1]));
      levels_[0][i] = Keys::make(joined, i);
    }
    for (std::size_t level = 1; level < levels_.size(); ++level) {
      const auto groups = levels_[level - 1].size() / kGroup;
      for (std::size_t i = 0; i < groups; ++i) raise(level, i);
    }
  }

  void run() noexcept {
    const Key* const top = levels_.back().data();
    for (auto key = least_of_group(top); key != Keys::kNone; key = least_of_group(top)) {
      join(Keys::slot(key), Keys::rank(key));
    }
  }

  template <typename Take>
  void each_token(Take take) const {
    for (std::size_t slot = 0; slot < size_; slot = next_[slot]) take(token_[slot]);
  }

 private:
  void join(std::size_t slot, Rank joined) noexcept {
    const std::size_t taken = next_[slot];
    const std::size_t after = next_[taken];
    token_[slot] = joined;
    next_[slot] = static_cast<Index>(after);
    set(taken, Keys::kNone);
    if (after < size_) {
      previous_[after] = static_cast<Index>(slot);
      set(slot, Keys::make(vocabulary_.join(joined, token_[after]), slot));
    } else {
      set(slot, Keys::kNone);
    }
    if (slot == 0) return;
    const std::size_t before = previous_[slot];
    set(before, Keys::make(vocabulary_.join(token_[before], joined), before));
  }

  void set(std::size_t slot, Key key) noexcept {
    levels_[0][slot] = key;
    for (std::size_t level = 1; level < levels_.size(); ++level) raise(level, slot /= kGroup);
  }
  void raise(std::size_t level, std::size_t place) noexcept {
    levels_[level][place] = least_of_group(levels_[level - 1].data() + place * kGroup);
  }

  const Vocabulary& vocabulary_;
  std::size_t size_;
  std::vector<Rank> token_;
  std::vector<Index> next_;
  std::vector<Index> previous_;
  std::vector<std::vector<Key>> levels_;
};

}  // namespace tg::tokens
