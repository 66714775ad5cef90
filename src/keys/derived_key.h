// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "base/secret_bytes.h"
#include "keys/key_format.h"

// A key whose 256 bits are not drawn but given: so that the same may be made again by who knows
// them, and nobody else. Its text is as any key's.
//
// Threading:  pure.
namespace tg::keys {

using KeyBits = std::array<unsigned char, 32>;

[[nodiscard]] SecretBytes derive_key(KeyKind kind, const KeyBits& bits);

}  // namespace tg::keys
