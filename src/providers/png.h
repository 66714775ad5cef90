// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>

// The sandbox's picture: the word SANDBOX within a frame, in two colours, so that nobody takes it
// for a model's. A PNG of one bit a pixel: 1,024 × 1,024 pixels are about a kilobyte.
//
// Threading:  pure. Limits: 1 to 4,096 pixels each way.
namespace tg::providers {

struct PictureSize {
  std::uint32_t width = 1'024;
  std::uint32_t height = 1'024;
};
using Colour = std::array<std::uint8_t, 3>;  // red, green, blue

[[nodiscard]] std::string sandbox_png(PictureSize size, Colour paper);

}  // namespace tg::providers
