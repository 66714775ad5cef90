// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

// A number that stands for a text: 63 bits of its BLAKE2b, never 0. Of 100,000 texts two have the
// same with a chance of one in two thousand million.
//
// Threading:  pure.
namespace tg {

[[nodiscard]] std::int64_t content_id(std::string_view text) noexcept;

}  // namespace tg
