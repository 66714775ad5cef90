// SPDX-License-Identifier: Apache-2.0
#include "ledger/check_sum.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
#endif

namespace tg::ledger {
namespace {

constexpr std::array<std::uint32_t, 256> kTable = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    auto sum = byte;
    for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1) ^ ((sum & 1) != 0 ? 0x82f6'3b78U : 0);
    table[byte] = sum;
  }
  return table;
}();

[[maybe_unused]] std::uint64_t load_word(const std::byte* at) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

#if defined(__x86_64__)
bool is_supported() noexcept { return __builtin_cpu_supports("sse4.2") != 0; }

__attribute__((target("sse4.2"))) std::uint32_t by_instruction(std::span<const std::byte> bytes,
                                                               std::uint32_t seed) noexcept {
  std::uint64_t sum = ~seed;
  for (; bytes.size() >= 8; bytes = bytes.subspan(8)) {
    sum = _mm_crc32_u64(sum, load_word(bytes.data()));
  }
  auto rest = static_cast<std::uint32_t>(sum);
  for (const auto byte : bytes) rest = _mm_crc32_u8(rest, static_cast<std::uint8_t>(byte));
  return ~rest;
}
#elif defined(__ARM_FEATURE_CRC32)
bool is_supported() noexcept { return true; }

std::uint32_t by_instruction(std::span<const std::byte> bytes, std::uint32_t seed) noexcept {
  auto sum = ~seed;
  for (; bytes.size() >= 8; bytes = bytes.subspan(8)) sum = __crc32cd(sum, load_word(bytes.data()));
  for (const auto byte : bytes) sum = __crc32cb(sum, static_cast<std::uint8_t>(byte));
  return ~sum;
}
#endif

}  // namespace

std::uint32_t crc32c_by_table(std::span<const std::byte> bytes, std::uint32_t seed) noexcept {
  auto sum = ~seed;
  for (const auto byte : bytes) {
    sum = (sum >> 8) ^ kTable[(sum ^ static_cast<std::uint32_t>(byte)) & 0xff];
  }
  return ~sum;
}

std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t seed) noexcept {
#if defined(__x86_64__) || defined(__ARM_FEATURE_CRC32)
  if (is_supported()) return by_instruction(bytes, seed);
#endif
  return crc32c_by_table(bytes, seed);
}

}  // namespace tg::ledger
