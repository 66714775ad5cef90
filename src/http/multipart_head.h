// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.h"
#include "http/multipart.h"

// What the reader of a whole form and the reader of its pieces share: they must agree on every
// byte. Nobody outside this room includes this file.
namespace tg::http {

inline constexpr std::size_t kPartHeadBytesMax = 8 * 1024;

// Reads the fields and the empty line from the front of `rest`. "--boundary: x" is a field by its
// shape, and the end of the part to a reader that looks for boundaries first: refused.
[[nodiscard]] Result<Part> take_part_head(std::string_view& rest, std::string_view dashed_boundary);

}  // namespace tg::http
