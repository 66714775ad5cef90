// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "tokens/vocabulary.h"

// One window's byte pairs, joined until none joins any more: what byte_pairs.cc does its windows
// with. A slot for each byte; a token stands in the slot of its first byte, beside the key of the
// pair that begins with it. Above the keys stand the least of each sixteen, and of each sixteen of
// those: the next pair is found at the top, and a changed key costs one such group a level.
namespace tg::tokens {

// A pair's rank, and in the low bits its slot: the least key is the leftmost pair of lowest rank.
// A signed number, because SSE2 can only compare those.
template <typename Number, unsigned kBits>
struct PairKey {
  using Key = Number;
  static constexpr unsigned kSlotBits = kBits;
  static constexpr Key kNone = std::numeric_limits<Key>::max();

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

// Memory for at most 256 slots, without the heap.
struct SmallWindow {
  using Keys = NarrowKey;
  using Index = std::uint16_t;
  static constexpr std::size_t kSlotsMax = kGroup * kGroup;

  explicit SmallWindow(std::size_t size) noexcept : levels{size <= kGroup ? 1U : 2U} {
    std::fill_n(keys.begin(), groups_of(size) * kGroup, Keys::kNone);
    if (levels == 2) keys_of_groups.fill(Keys::kNone);
  }
  Keys::Key* level(std::size_t number) noexcept {
    return number == 0 ? keys.data() : keys_of_groups.data();
  }

  std::size_t levels;
  std::array<Rank, kSlotsMax> token;
  std::array<Index, kSlotsMax> next;
  std::array<Index, kSlotsMax> previous;
  std::array<Keys::Key, kSlotsMax> keys;
  std::array<Keys::Key, kGroup> keys_of_groups;
};

template <typename KeysOfWindow>
struct LargeWindow {
  using Keys = KeysOfWindow;
  using Index = std::uint32_t;

  explicit LargeWindow(std::size_t size) : token(size), next(size), previous(size) {
    do {
      size = groups_of(size);
      keys.emplace_back(size * kGroup, Keys::kNone);
    } while (size > 1);
    levels = keys.size();
  }
  typename Keys::Key* level(std::size_t number) noexcept { return keys[number].data(); }

  std::size_t levels = 0;
  std::vector<Rank> token;
  std::vector<Index> next;
  std::vector<Index> previous;
  std::vector<std::vector<typename Keys::Key>> keys;
};

template <typename Window>
class Joining {
  using Keys = typename Window::Keys;
  using Key = typename Keys::Key;
  using Index = typename Window::Index;

 public:
  Joining(const Vocabulary& vocabulary, std::string_view bytes)
      : vocabulary_{vocabulary}, size_{bytes.size()}, window_{bytes.size()} {
    for (std::size_t i = 0; i < size_; ++i) {
      const auto byte = static_cast<unsigned char>(bytes[i]);
      window_.token[i] = vocabulary_.of_byte(byte);
      window_.next[i] = static_cast<Index>(i + 1);
      window_.previous[i] = static_cast<Index>(i - 1);  // the first has none, and is not asked
      if (i + 1 == size_) break;
      const auto joined = vocabulary_.join_bytes(byte, static_cast<unsigned char>(bytes[i + 1]));
      window_.level(0)[i] = Keys::make(joined, i);
    }
    for (std::size_t level = 1; level < window_.levels; ++level) {
      const auto groups = groups_at(level);
      for (std::size_t i = 0; i < groups; ++i) raise(level, i);
    }
  }

  // How many tokens are left.
  std::size_t run() noexcept {
    auto tokens = size_;
    const Key* const top = window_.level(window_.levels - 1);
    for (auto key = least_of_group(top); key != Keys::kNone; key = least_of_group(top)) {
      join(Keys::slot(key), Keys::rank(key));
      --tokens;
    }
    return tokens;
  }

  template <typename Take>
  void each_token(Take take) const {
    for (std::size_t slot = 0; slot < size_; slot = window_.next[slot]) take(window_.token[slot]);
  }

 private:
  void join(std::size_t slot, Rank joined) noexcept {
    const std::size_t taken = window_.next[slot];
    const std::size_t after = window_.next[taken];
    window_.token[slot] = joined;
    window_.next[slot] = static_cast<Index>(after);
    set(taken, Keys::kNone);
    if (after < size_) {
      window_.previous[after] = static_cast<Index>(slot);
      set(slot, Keys::make(vocabulary_.join(joined, window_.token[after]), slot));
    } else {
      set(slot, Keys::kNone);
    }
    if (slot == 0) return;
    const std::size_t before = window_.previous[slot];
    set(before, Keys::make(vocabulary_.join(window_.token[before], joined), before));
  }

  void set(std::size_t slot, Key key) noexcept {
    window_.level(0)[slot] = key;
    for (std::size_t level = 1; level < window_.levels; ++level) raise(level, slot /= kGroup);
  }
  void raise(std::size_t level, std::size_t place) noexcept {
    window_.level(level)[place] = least_of_group(window_.level(level - 1) + place * kGroup);
  }
  [[nodiscard]] std::size_t groups_at(std::size_t level) const noexcept {
    auto places = size_;
    for (; level > 0; --level) places = groups_of(places);
    return places;
  }

  const Vocabulary& vocabulary_;
  std::size_t size_;
  Window window_;
};

}  // namespace tg::tokens
