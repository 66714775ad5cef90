// SPDX-License-Identifier: Apache-2.0
#include "tokens/vocabulary.h"

#include <zlib.h>

#include <algorithm>
#include <bit>

namespace tg::tokens {
namespace {

constexpr std::size_t kBytes = 256;
constexpr Rank kNoToken = 0xFFFFFF;
constexpr std::uint32_t kFree = UINT32_MAX;

template <typename Number>
std::uint64_t load(const char* at) noexcept {
  Number number = 0;
  std::memcpy(&number, at, sizeof(number));
  return number;
}

std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a ^ 0x9E3779B97F4A7C15) * (b ^ 0xD1B54A32D192ED03);
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t hash_of(std::string_view bytes) noexcept {
  const char* const at = bytes.data();
  const auto size = bytes.size();
  if (size < 4) {
    const auto byte = [at](std::size_t i) { return load<unsigned char>(at + i); };
    return mix(byte(0) | byte(size / 2) << 8 | byte(size - 1) << 16, size);
  }
  if (size < 8)
    return mix(load<std::uint32_t>(at) << 32 | load<std::uint32_t>(at + size - 4), size);
  auto hash = mix(load<std::uint64_t>(at), load<std::uint64_t>(at + size - 8) ^ size);
  for (std::size_t i = 8; i + 8 < size; i += 8) hash = mix(hash, load<std::uint64_t>(at + i));
  return hash;
}

std::string inflated(std::string_view merges, std::size_t size) {
  std::string content(size, '\0');
  uLongf length = size;
  const auto status = uncompress(reinterpret_cast<Bytef*>(content.data()), &length,
                                 reinterpret_cast<const Bytef*>(merges.data()), merges.size());
  TG_CHECK(status == Z_OK && length == size);
  return content;
}

// The ranks' parts in a vocabulary as it is embedded.
class Merges {
 public:
  explicit Merges(std::string_view merges)
      : count_{load<std::uint32_t>(merges.data())},
        content_{inflated(merges.substr(sizeof(std::uint32_t)), kBytes + 6 * (count_ - kBytes))} {}

  [[nodiscard]] std::size_t count() const noexcept { return count_; }
  [[nodiscard]] std::string_view byte(Rank rank) const noexcept {
    return std::string_view{content_}.substr(rank, 1);
  }
  [[nodiscard]] Rank left(Rank rank) const noexcept { return part(rank, 0); }
  [[nodiscard]] Rank right(Rank rank) const noexcept { return part(rank, 3); }

 private:
  [[nodiscard]] Rank part(Rank rank, std::size_t plane) const noexcept {
    Rank number = 0;
    for (unsigned i = 0; i < 3; ++i) {
      const auto at = kBytes + (plane + i) * (count_ - kBytes) + (rank - kBytes);
      number |= static_cast<Rank>(static_cast<unsigned char>(content_[at])) << 8 * i;
    }
    return number;
  }

  std::size_t count_;
  std::string content_;
};

}  // namespace

Vocabulary::Vocabulary(std::string_view merges, std::size_t ranks_max) {
  const Merges parts{merges};
  const auto count = std::min(parts.count(), ranks_max);
  TG_CHECK(count > kBytes && count <= kRankMask);
  const auto slots = std::bit_ceil(2 * count);
  mask_ = slots - 1;
  tokens_.assign(slots, kFree);
  pairs_.assign(slots, kFreePair);
  may_join_.assign(slots * kBitsOfSlot / 64, 0);
  of_two_bytes_.assign(kBytes * kBytes, kNoRank);
  starts_.reserve(count + 1);
  bytes_.reserve(8 * count);
  starts_.push_back(0);
  for (Rank rank = 0; rank < count; ++rank) {
    if (rank < kBytes) {
      of_byte_[static_cast<unsigned char>(parts.byte(rank)[0])] = rank;
      add(rank, parts.byte(rank));
    } else if (parts.left(rank) == kNoToken) {
      starts_.push_back(starts_.back());
    } else {
      add(rank, std::string(token(parts.left(rank))).append(token(parts.right(rank))));
      add_pair(parts.left(rank), parts.right(rank), rank);
    }
  }
  bytes_.shrink_to_fit();
}

void Vocabulary::add(Rank rank, std::string_view token) {
  bytes_ += token;
  starts_.push_back(static_cast<std::uint32_t>(bytes_.size()));
  const auto hash = hash_of(token);
  auto slot = hash & mask_;
  while (tokens_[slot] != kFree) slot = (slot + 1) & mask_;
  tokens_[slot] = tagged(rank, hash);
}

void Vocabulary::add_pair(Rank left, Rank right, Rank joined) {
  if (left < kBytes && right < kBytes) {
    const auto first = static_cast<unsigned char>(token(left)[0]);
    const auto second = static_cast<unsigned char>(token(right)[0]);
    of_two_bytes_[first << 8U | second] = joined;
  }
  const auto pair = pair_of(left, right);
  const auto bit = bit_of(pair);
  may_join_[bit / 64] |= std::uint64_t{1} << bit % 64;
  auto slot = bit / kBitsOfSlot;
  while (pairs_[slot] != kFreePair) slot = (slot + 1) & mask_;
  pairs_[slot] = pair << kRankBits | joined;
}

Rank Vocabulary::find(std::string_view bytes) const noexcept {
  const auto hash = hash_of(bytes);
  const auto tag = tagged(0, hash);
  for (auto slot = hash & mask_; tokens_[slot] != kFree; slot = (slot + 1) & mask_) {
    const Rank rank = tokens_[slot] & kRankMask;
    if ((tokens_[slot] & ~kRankMask) == tag && token(rank) == bytes) return rank;
  }
  return kNoRank;
}

std::size_t Vocabulary::memory_bytes() const noexcept {
  return sizeof(*this) + bytes_.capacity() + starts_.capacity() * sizeof(starts_[0]) +
         of_two_bytes_.capacity() * sizeof(Rank) + tokens_.capacity() * sizeof(tokens_[0]) +
         pairs_.capacity() * sizeof(pairs_[0]) + may_join_.capacity() * sizeof(may_join_[0]);
}

}  // namespace tg::tokens
