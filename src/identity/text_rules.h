// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

// What we take as text from people.
//
// Threading:  pure.
namespace tg::identity {

// Well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates) without control characters: the
// number of its code points.
[[nodiscard]] std::optional<std::size_t> count_plain_characters(std::string_view text) noexcept;

// ASCII letters only; other bytes stay as they are.
[[nodiscard]] std::string to_lower_ascii(std::string_view text);

}  // namespace tg::identity
