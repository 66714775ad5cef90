// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/secret_bytes.h"

// The random tokens of sessions and setup links, and what is stored of them.
//
// Threading:  pure.
namespace tg::identity {

// 43 characters of base62: 256 random bits. No salt or pepper is needed to hash that.
[[nodiscard]] SecretBytes make_token();
// BLAKE2b-256, hexadecimal.
[[nodiscard]] std::string hash_text(std::string_view text);

}  // namespace tg::identity
