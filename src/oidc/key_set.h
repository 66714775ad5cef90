// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "oidc/jwt.h"

// An issuer's public keys (RFC 7517), and whether one of them has signed a token. Which algorithm a
// key is for, the key says, never the token: RS256 to RS512 and PS256 to PS512 for RSA of 2,048 to
// 8,192 bits, or the one that the key names; ES256, ES384 or ES512 as the curve wants it; EdDSA
// with Ed25519. There is no `none` and no secret that both sides know.
//
// Threading:  immutable.
// Limits:     512 KiB, 100 keys. What cannot verify a signature here (encryption keys, other
//             curves, no `kid`) is passed over.
// Errors:     kFieldInvalid: no key set, too many keys, none that could be used, or a private or
//             shared key among them, which must not be here at all.
namespace tg::oidc {

inline constexpr std::size_t kKeySetBytesMax = 512 << 10;
inline constexpr std::size_t kKeysMax = 100;

class KeySet {
 public:
  [[nodiscard]] static Result<KeySet> parse(std::string_view text);
  [[nodiscard]] static Result<KeySet> read(const Json& set);

  [[nodiscard]] bool has(std::string_view key_id) const noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return keys_.size(); }
  // Whether a key that the token names has signed it, by an algorithm that this key is for.
  [[nodiscard]] bool has_signed(const Jwt& jwt) const;

  // A key as OpenSSL has it; key_set.cc.
  struct PublicKey;

 private:
  std::vector<std::shared_ptr<const PublicKey>> keys_;
};

}  // namespace tg::oidc
