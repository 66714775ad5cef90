// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>

#include "base/secret_bytes.h"

// What is stored of a key: BLAKE2b-256, keyed with the server's pepper. Who has the database but
// not the pepper cannot even test a guess.
//
// Threading:  pure.
namespace tg::keys {

using Digest = std::array<unsigned char, 32>;

inline constexpr std::size_t kPepperBytes = 32;

[[nodiscard]] Digest digest_key(std::string_view key, const SecretBytes& pepper) noexcept;

}  // namespace tg::keys
