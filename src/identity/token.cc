// SPDX-License-Identifier: Apache-2.0
#include "identity/token.h"

#include <sodium.h>

#include <array>
#include <span>

#include "base/encoding.h"

namespace tg::identity {

SecretBytes make_token() {
  SecretBytes token{std::size_t{43}};
  random_base62(std::span{reinterpret_cast<char*>(token.data()), token.size()});
  return token;
}

std::string hash_text(std::string_view text) {
  std::array<unsigned char, crypto_generichash_BYTES> hash{};
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(text.data()),
                     text.size(), nullptr, 0);
  return to_hex(hash);
}

}  // namespace tg::identity
