// SPDX-License-Identifier: Apache-2.0
#include "store/sealed.h"

#include <sodium.h>

#include "base/encoding.h"

namespace tg::store {
namespace {

constexpr std::string_view kVersion = "v1:";
constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::string seal(const SecretBytes& master_key, std::string_view context,
                 std::string_view plaintext) {
  TG_CHECK(master_key.size() == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
  std::string sealed(kNonceBytes + plaintext.size() + kTagBytes, '\0');
  auto* nonce = reinterpret_cast<unsigned char*>(sealed.data());
  randombytes_buf(nonce, kNonceBytes);
  crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + kNonceBytes, nullptr, bytes_of(plaintext),
                                             plaintext.size(), bytes_of(context), context.size(),
                                             nullptr, nonce, master_key.data());
  return std::string{kVersion} + to_base64(sealed);
}

Result<SecretBytes> open_sealed(const SecretBytes& master_key, std::string_view context,
                                std::string_view sealed) {
  TG_CHECK(master_key.size() == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
  const auto refused = fail(Code::kCorrupt, "a sealed secret does not open with this master.key");
  if (!sealed.starts_with(kVersion)) return refused;
  const auto bytes = from_base64(sealed.substr(kVersion.size()));
  if (!bytes || bytes->size() < kNonceBytes + kTagBytes) return refused;

  const auto* nonce = bytes_of(*bytes);
  SecretBytes plaintext{bytes->size() - kNonceBytes - kTagBytes};
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(
          plaintext.data(), nullptr, nullptr, nonce + kNonceBytes, bytes->size() - kNonceBytes,
          bytes_of(context), context.size(), nonce, master_key.data()) != 0) {
    return refused;
  }
  return plaintext;
}

}  // namespace tg::store
