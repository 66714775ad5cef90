// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

// Text that is UTF-8 for certain. What is not becomes U+FFFD, as `bytes.decode("utf-8", "replace")`
// makes it: one for each longest beginning of a character, or for a byte that begins none.
//
// Threading:  pure.
namespace tg::tokens {

// `text` itself where it is UTF-8; else what is made of it, which stands in `scratch`.
[[nodiscard]] std::string_view valid_utf8(std::string_view text, std::string& scratch);

// How many bytes at the end of `text` are the beginning of a character that may yet be completed.
[[nodiscard]] std::size_t unfinished_utf8(std::string_view text) noexcept;

}  // namespace tg::tokens
