// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret_bytes.h"

// A secret at rest: XChaCha20-Poly1305 under the master key, bound to a context that says what it
// is and whose ("provider-credential:provider_…"), so that a sealed text put in another row does
// not open there.
//
// Threading:  pure.
// Format:     "v1:" and the base64 of a random 24-byte nonce and the sealed bytes.
// Errors:     open: kCorrupt, for a changed text, another context or another key alike.
namespace tg::store {

[[nodiscard]] std::string seal(const SecretBytes& master_key, std::string_view context,
                               std::string_view plaintext);
[[nodiscard]] Result<SecretBytes> open_sealed(const SecretBytes& master_key,
                                              std::string_view context, std::string_view sealed);

}  // namespace tg::store
