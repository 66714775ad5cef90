// SPDX-License-Identifier: Apache-2.0
#include "base/encoding.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace tg {
namespace {

TEST(Hex, EveryByteComesBackFromBothItsForms) {
  std::array<unsigned char, 256> bytes{};
  for (std::size_t at = 0; at < bytes.size(); ++at) bytes[at] = static_cast<unsigned char>(at);
  auto text = to_hex(bytes);
  EXPECT_TRUE(text.starts_with("00010203") && text.ends_with("fcfdfeff"));
  for (int form = 0; form < 2; ++form) {
    std::array<unsigned char, 256> read{};
    EXPECT_TRUE(from_hex(text, read));
    EXPECT_EQ(read, bytes);
    for (auto& digit : text) digit = static_cast<char>(std::toupper(digit));
  }
}

TEST(Hex, WhatIsNoneOrOfAnotherLengthIsRefused) {
  std::array<unsigned char, 2> read{};
  for (const char* text : {"", "0", "00", "000", "00000", "000000", "0x00", "00 0", "000g", "g000",
                           "00\xff\xff", "-100", "00:0"}) {
    EXPECT_FALSE(from_hex(text, read)) << text;
  }
  EXPECT_FALSE(from_hex(std::string_view{"00\0"
                                         "0",
                                         4},
                        read));
  EXPECT_TRUE(from_hex("00aF", read));
}

}  // namespace
}  // namespace tg
