// SPDX-License-Identifier: Apache-2.0
#include "base/keyed_hash.h"

#include <sodium.h>

#include <array>

#include "base/encoding.h"

namespace tg {

std::string keyed_hash(const SecretBytes& key, std::string_view text) {
  std::array<unsigned char, crypto_generichash_BYTES> hash{};
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(text.data()),
                     text.size(), key.data(), key.size());
  return to_hex(hash);
}

}  // namespace tg
