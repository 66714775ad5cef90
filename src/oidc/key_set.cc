// SPDX-License-Identifier: Apache-2.0
#include "oidc/key_set.h"

#include <algorithm>

#include "oidc/public_key.h"

namespace tg::oidc {
namespace {

// Of whoever publishes these, anybody could sign.
bool shows_a_secret(const Json& jwk) {
  return jwk.is_object() && (jwk.contains("d") || jwk.contains("k"));
}

}  // namespace

Result<KeySet> KeySet::parse(std::string_view text) {
  if (text.size() > kKeySetBytesMax) {
    return fail(Code::kFieldInvalid, "the key set is larger than 512 KiB");
  }
  const auto set = parse_strict_object(text);
  if (!set) return fail(Code::kFieldInvalid, "the key set is no JSON object");
  return read(*set);
}

Result<KeySet> KeySet::read(const Json& set) {
  const auto keys = set.is_object() ? set.find("keys") : set.end();
  if (keys == set.end() || !keys->is_array()) {
    return fail(Code::kFieldInvalid, "the key set has no list of 'keys'");
  }
  if (keys->size() > kKeysMax) {
    return fail(Code::kFieldInvalid, "the key set has more than 100 keys");
  }
  if (std::ranges::any_of(*keys, shows_a_secret)) {
    return fail(Code::kFieldInvalid,
                "the key set has a private or shared key in it; only public keys belong there");
  }
  KeySet made;
  for (const auto& jwk : *keys) {
    if (auto key = make_public_key(jwk)) {
      made.keys_.push_back(std::make_shared<const PublicKey>(*std::move(key)));
    }
  }
  if (made.keys_.empty()) {
    return fail(Code::kFieldInvalid,
                "the key set has no key that signs: RSA of 2,048 bits and more, P-256, P-384, "
                "P-521 or Ed25519, with a 'kid'");
  }
  return made;
}

bool KeySet::has(std::string_view key_id) const noexcept {
  return std::ranges::any_of(keys_, [key_id](const auto& key) { return key->id == key_id; });
}

bool KeySet::has_signed(const Jwt& jwt) const {
  return std::ranges::any_of(keys_, [&jwt](const auto& key) {
    if (key->id != jwt.key_id) return false;
    const auto algorithm = std::ranges::find(key->algorithms, jwt.algorithm, &Algorithm::name);
    return algorithm != key->algorithms.end() &&
           verifies(*key, *algorithm, jwt.signed_part, jwt.signature);
  });
}

}  // namespace tg::oidc
