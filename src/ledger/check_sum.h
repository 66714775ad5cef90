// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

// CRC-32C (Castagnoli; RFC 3720, B.4). Every byte of the journal goes through it: with the
// processor's instruction a call's three records take 0.1 µs, with zlib's CRC-32 0.6.
//
// Threading:  pure.
namespace tg::ledger {

// `seed` is the sum of what came before.
[[nodiscard]] std::uint32_t crc32c(std::span<const std::byte> bytes,
                                   std::uint32_t seed = 0) noexcept;
// The same for processors without the instruction.
[[nodiscard]] std::uint32_t crc32c_by_table(std::span<const std::byte> bytes,
                                            std::uint32_t seed = 0) noexcept;

}  // namespace tg::ledger
