// SPDX-License-Identifier: Apache-2.0
#include "ledger/check_sum.h"

#include <gtest/gtest.h>

#include <random>
#include <string_view>
#include <vector>

namespace tg::ledger {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span{text});
}

TEST(CheckSum, IsTheStandardsOwn) {
  EXPECT_EQ(crc32c(bytes_of("123456789")), 0xe306'9283U);
  EXPECT_EQ(crc32c(std::vector<std::byte>(32)), 0x8a91'36aaU);  // RFC 3720, B.4
  EXPECT_EQ(crc32c({}), 0U);
}

TEST(CheckSum, IsTheSameByTableByInstructionAndInTwoParts) {
  std::mt19937 random{1};
  std::vector<std::byte> bytes(300);
  for (auto& byte : bytes) byte = static_cast<std::byte>(random());
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const auto some = std::span<const std::byte>{bytes}.first(size);
    EXPECT_EQ(crc32c(some), crc32c_by_table(some)) << size;
    const auto cut = size / 3;
    EXPECT_EQ(crc32c(some.subspan(cut), crc32c(some.first(cut))), crc32c(some)) << size;
  }
}

}  // namespace
}  // namespace tg::ledger
