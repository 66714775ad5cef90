// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <sodium.h>

#include <memory>
#include <string>

#include "base/result.h"
#include "oidc/jwt.h"

// An issuer's key pair, and tokens signed with it. For tests only.
namespace tg::oidc {

inline std::string to_base64url(std::string_view bytes) {
  constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
  std::string text(sodium_base64_encoded_len(bytes.size(), kVariant), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), kVariant);
  text.resize(text.find('\0'));
  return text;
}

class TestSigner {
 public:
  // "RS256", "PS256", "ES256", "ES384", "ES512" or "EdDSA".
  explicit TestSigner(std::string algorithm = "ES256", std::string key_id = "key-1",
                      unsigned rsa_bits = 2048)
      : algorithm_{std::move(algorithm)}, key_id_{std::move(key_id)} {
    EVP_PKEY* key = nullptr;
    if (is_rsa()) key = EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{rsa_bits});
    if (is_elliptic()) key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve());
    if (algorithm_ == "EdDSA") key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
    TG_CHECK(key != nullptr);
    key_ = {key, EVP_PKEY_free};
  }

  [[nodiscard]] const std::string& key_id() const { return key_id_; }

  [[nodiscard]] Json jwk() const {
    Json jwk{{"kid", key_id_}, {"use", "sig"}};
    if (is_rsa()) {
      jwk.update({{"kty", "RSA"},
                  {"n", to_base64url(number(OSSL_PKEY_PARAM_RSA_N, 0))},
                  {"e", to_base64url(number(OSSL_PKEY_PARAM_RSA_E, 0))}});
    } else if (is_elliptic()) {
      jwk.update({{"kty", "EC"},
                  {"crv", coordinate_bytes() == 32   ? "P-256"
                          : coordinate_bytes() == 48 ? "P-384"
                                                     : "P-521"},
                  {"x", to_base64url(number(OSSL_PKEY_PARAM_EC_PUB_X, coordinate_bytes()))},
                  {"y", to_base64url(number(OSSL_PKEY_PARAM_EC_PUB_Y, coordinate_bytes()))}});
    } else {
      std::string raw(32, '\0');
      std::size_t size = raw.size();
      TG_CHECK(EVP_PKEY_get_raw_public_key(key_.get(), bytes(raw), &size) == 1);
      jwk.update({{"kty", "OKP"}, {"crv", "Ed25519"}, {"x", to_base64url(raw)}});
    }
    return jwk;
  }
  [[nodiscard]] Json key_set() const { return Json{{"keys", {jwk()}}}; }

  [[nodiscard]] std::string sign(const Json& claims, const Json& header_changes = nullptr) const {
    Json header{{"alg", algorithm_}, {"kid", key_id_}, {"typ", "JWT"}};
    if (!header_changes.is_null()) header.merge_patch(header_changes);
    const auto text = to_base64url(header.dump()) + "." + to_base64url(claims.dump());
    return text + "." + to_base64url(signature_of(text));
  }

 private:
  [[nodiscard]] bool is_rsa() const { return algorithm_[0] == 'R' || algorithm_[0] == 'P'; }
  [[nodiscard]] bool is_elliptic() const { return algorithm_.starts_with("ES"); }
  [[nodiscard]] int coordinate_bytes() const {
    return algorithm_ == "ES256" ? 32 : algorithm_ == "ES384" ? 48 : 66;
  }
  [[nodiscard]] const char* curve() const {
    return algorithm_ == "ES256" ? "P-256" : algorithm_ == "ES384" ? "P-384" : "P-521";
  }
  [[nodiscard]] const char* digest() const {
    if (algorithm_ == "EdDSA") return nullptr;
    return algorithm_.ends_with("256")   ? "SHA256"
           : algorithm_.ends_with("384") ? "SHA384"
                                         : "SHA512";
  }
  static unsigned char* bytes(std::string& text) {
    return reinterpret_cast<unsigned char*>(text.data());
  }
  static std::string to_bytes(const BIGNUM* number, int size) {
    std::string text(static_cast<std::size_t>(size > 0 ? size : BN_num_bytes(number)), '\0');
    TG_CHECK(BN_bn2binpad(number, bytes(text), static_cast<int>(text.size())) >= 0);
    return text;
  }
  [[nodiscard]] std::string number(const char* name, int size) const {
    BIGNUM* value = nullptr;
    TG_CHECK(EVP_PKEY_get_bn_param(key_.get(), name, &value) == 1);
    auto text = to_bytes(value, size);
    BN_free(value);
    return text;
  }

  [[nodiscard]] std::string signature_of(const std::string& text) const {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(),
                                                                          EVP_MD_CTX_free};
    EVP_PKEY_CTX* options = nullptr;
    TG_CHECK(EVP_DigestSignInit_ex(context.get(), &options, digest(), nullptr, nullptr, key_.get(),
                                   nullptr) == 1);
    if (algorithm_[0] == 'P') {
      TG_CHECK(EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 &&
               EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1);
    }
    std::string signature(1024, '\0');
    std::size_t size = signature.size();
    TG_CHECK(EVP_DigestSign(context.get(), bytes(signature), &size,
                            reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1);
    signature.resize(size);
    return is_elliptic() ? to_pair(signature) : signature;
  }

  [[nodiscard]] std::string to_pair(const std::string& der) const {
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> pair{
        d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())), ECDSA_SIG_free};
    TG_CHECK(pair != nullptr);
    return to_bytes(ECDSA_SIG_get0_r(pair.get()), coordinate_bytes()) +
           to_bytes(ECDSA_SIG_get0_s(pair.get()), coordinate_bytes());
  }

  std::string algorithm_;
  std::string key_id_;
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_{nullptr, EVP_PKEY_free};
};

}  // namespace tg::oidc
