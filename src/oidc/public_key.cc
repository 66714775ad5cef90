// SPDX-License-Identifier: Apache-2.0
#include "oidc/public_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>

namespace tg::oidc {
namespace {

constexpr int kRsaBitsMin = 2048;
// A verification costs the square of this; 8,192 bits take a third of a millisecond.
constexpr int kRsaBitsMax = 8192;
constexpr int kRsaExponentBitsMax = 32;

constexpr auto kRsa = std::to_array<Algorithm>({
    {"RS256", "SHA256"},
    {"RS384", "SHA384"},
    {"RS512", "SHA512"},
    {"PS256", "SHA256", true},
    {"PS384", "SHA384", true},
    {"PS512", "SHA512", true},
});

struct Curve {
  std::string_view name;  // as JWK has it
  const char* group;      // as OpenSSL does
  Algorithm algorithm;
};
constexpr auto kCurves = std::to_array<Curve>({
    {"P-256", "prime256v1", {"ES256", "SHA256", false, 32}},
    {"P-384", "secp384r1", {"ES384", "SHA384", false, 48}},
    {"P-521", "secp521r1", {"ES512", "SHA512", false, 66}},
});
constexpr Algorithm kEdwards{"EdDSA", nullptr};
constexpr std::size_t kEd25519Bytes = 32;

template <auto kFree>
struct Closer {
  void operator()(auto* item) const { kFree(item); }
};
using BigNumber = std::unique_ptr<BIGNUM, Closer<BN_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Closer<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Closer<OSSL_PARAM_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Closer<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Closer<EVP_MD_CTX_free>>;
using EcSignature = std::unique_ptr<ECDSA_SIG, Closer<ECDSA_SIG_free>>;

// What OpenSSL says of what went wrong would wait in its queue for whoever asks next.
struct ForgetErrors {
  ForgetErrors() = default;
  ForgetErrors(const ForgetErrors&) = delete;
  ForgetErrors& operator=(const ForgetErrors&) = delete;
  ~ForgetErrors() { ERR_clear_error(); }
};

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string text_of(const Json& jwk, const char* field) {
  const auto found = jwk.find(field);
  return found != jwk.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

std::string binary_of(const Json& jwk, const char* field) {
  return from_base64url(text_of(jwk, field)).value_or("");
}

BigNumber number_of(std::string_view bytes) {
  return BigNumber{BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr)};
}

Key make_key(const char* type, OSSL_PARAM_BLD* builder) {
  const Parameters parameters{OSSL_PARAM_BLD_to_param(builder)};
  const KeyContext context{EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr)};
  EVP_PKEY* key = nullptr;
  const bool made =
      parameters && context && EVP_PKEY_fromdata_init(context.get()) == 1 &&
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) == 1;
  return Key{made ? key : nullptr};
}

Key make_rsa(const Json& jwk) {
  const auto modulus = number_of(binary_of(jwk, "n"));
  const auto exponent = number_of(binary_of(jwk, "e"));
  if (!modulus || !exponent) return nullptr;
  const int bits = BN_num_bits(modulus.get());
  if (bits < kRsaBitsMin || bits > kRsaBitsMax || BN_is_odd(modulus.get()) == 0 ||
      BN_num_bits(exponent.get()) > kRsaExponentBitsMax || BN_is_odd(exponent.get()) == 0 ||
      BN_is_one(exponent.get()) == 1) {
    return nullptr;
  }
  const Builder builder{OSSL_PARAM_BLD_new()};
  if (!builder ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) != 1) {
    return nullptr;
  }
  return make_key("RSA", builder.get());
}

Key make_elliptic(const Json& jwk, const Curve& curve) {
  const auto x = binary_of(jwk, "x");
  const auto y = binary_of(jwk, "y");
  const auto size = curve.algorithm.coordinate_bytes;
  if (x.size() != size || y.size() != size) return nullptr;
  const auto point = '\x04' + x + y;  // uncompressed (SEC 1, 2.3.3)
  const Builder builder{OSSL_PARAM_BLD_new()};
  if (!builder ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve.group, 0) !=
          1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                       point.size()) != 1) {
    return nullptr;
  }
  auto key = make_key("EC", builder.get());
  if (!key) return nullptr;
  const KeyContext context{EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr)};
  if (!context || EVP_PKEY_public_check(context.get()) != 1) return nullptr;
  return key;
}

Key make_edwards(const Json& jwk) {
  const auto point = binary_of(jwk, "x");
  if (text_of(jwk, "crv") != "Ed25519" || point.size() != kEd25519Bytes) return nullptr;
  return Key{EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(point), point.size())};
}

bool is_for_signatures(const Json& jwk) {
  if (const auto use = jwk.find("use"); use != jwk.end() && *use != "sig") return false;
  const auto operations = jwk.find("key_ops");
  return operations == jwk.end() ||
         (operations->is_array() &&
          std::ranges::find(*operations, Json{"verify"}) != operations->end());
}

// A key that names its algorithm is for that one alone.
void keep_named(const Json& jwk, std::vector<Algorithm>& algorithms) {
  if (!jwk.contains("alg")) return;
  const auto name = text_of(jwk, "alg");
  std::erase_if(algorithms, [&name](const Algorithm& each) { return each.name != name; });
}

// r and s side by side (RFC 7518, 3.4), as the DER that OpenSSL reads. Empty where they are none.
std::string der_of(std::string_view signature, std::size_t coordinate_bytes) {
  if (signature.size() != 2 * coordinate_bytes) return {};
  const EcSignature pair{ECDSA_SIG_new()};
  auto r = number_of(signature.substr(0, coordinate_bytes));
  auto s = number_of(signature.substr(coordinate_bytes));
  if (!pair || !r || !s || ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) return {};
  // They are the pair's from here on.
  static_cast<void>(r.release());
  static_cast<void>(s.release());
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(pair.get(), &der);
  if (size <= 0) return {};
  std::string text{reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)};
  OPENSSL_free(der);
  return text;
}

}  // namespace

std::optional<KeySet::PublicKey> make_public_key(const Json& jwk) {
  const ForgetErrors forget;
  if (!jwk.is_object() || !is_for_signatures(jwk)) return std::nullopt;
  KeySet::PublicKey made{.id = text_of(jwk, "kid"), .key = nullptr, .algorithms = {}};
  if (made.id.empty()) return std::nullopt;
  const auto type = text_of(jwk, "kty");
  if (type == "RSA") {
    made.key = make_rsa(jwk);
    made.algorithms.assign(kRsa.begin(), kRsa.end());
  } else if (type == "EC") {
    const auto curve = std::ranges::find(kCurves, text_of(jwk, "crv"), &Curve::name);
    if (curve == kCurves.end()) return std::nullopt;
    made.key = make_elliptic(jwk, *curve);
    made.algorithms.push_back(curve->algorithm);
  } else if (type == "OKP") {
    made.key = make_edwards(jwk);
    made.algorithms.push_back(kEdwards);
  }
  keep_named(jwk, made.algorithms);
  if (!made.key || made.algorithms.empty()) return std::nullopt;
  return made;
}

bool verifies(const KeySet::PublicKey& key, const Algorithm& algorithm, std::string_view text,
              std::string_view signature) {
  const ForgetErrors forget;
  std::string der;
  if (algorithm.coordinate_bytes > 0) {
    der = der_of(signature, algorithm.coordinate_bytes);
    if (der.empty()) return false;
    signature = der;
  }
  const DigestContext context{EVP_MD_CTX_new()};
  EVP_PKEY_CTX* options = nullptr;  // the digest context's
  if (!context || EVP_DigestVerifyInit_ex(context.get(), &options, algorithm.digest, nullptr,
                                          nullptr, key.key.get(), nullptr) != 1) {
    return false;
  }
  if (algorithm.pss && (EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) != 1 ||
                        EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) != 1)) {
    return false;
  }
  return EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(text),
                          text.size()) == 1;
}

}  // namespace tg::oidc
