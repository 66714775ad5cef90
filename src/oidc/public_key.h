// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oidc/jwt.h"
#include "oidc/key_set.h"

// One key of a set as OpenSSL has it; key_set.h is the door.
//
// Threading:  immutable once made.
namespace tg::oidc {

struct KeyCloser {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Key = std::unique_ptr<EVP_PKEY, KeyCloser>;

// "RS256" and how it verifies.
struct Algorithm {
  std::string_view name;
  const char* digest;  // null: the algorithm has its own
  bool pss = false;
  std::size_t coordinate_bytes = 0;  // of an elliptic curve's signature: r and s, as large as this
};

struct KeySet::PublicKey {
  std::string id;
  Key key;
  std::vector<Algorithm> algorithms;
};

// Nothing where the key cannot be used here.
[[nodiscard]] std::optional<KeySet::PublicKey> make_public_key(const Json& jwk);

[[nodiscard]] bool verifies(const KeySet::PublicKey& key, const Algorithm& algorithm,
                            std::string_view text, std::string_view signature);

}  // namespace tg::oidc
