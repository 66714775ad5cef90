// SPDX-License-Identifier: Apache-2.0
#include "keys/digest.h"

#include <sodium.h>

#include "base/result.h"

namespace tg::keys {

Digest digest_key(std::string_view key, const SecretBytes& pepper) noexcept {
  TG_CHECK(pepper.size() == kPepperBytes);
  Digest digest{};
  crypto_generichash(digest.data(), digest.size(),
                     reinterpret_cast<const unsigned char*>(key.data()), key.size(), pepper.data(),
                     pepper.size());
  return digest;
}

}  // namespace tg::keys
