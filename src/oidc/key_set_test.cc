// SPDX-License-Identifier: Apache-2.0
#include "oidc/key_set.h"

#include <gtest/gtest.h>
#include <sodium.h>

#include <array>
#include <string>

#include "oidc/test_signer.h"

namespace tg::oidc {
namespace {

const Json kClaims{{"sub", "me"}};

bool holds(const KeySet& keys, const std::string& token) {
  const auto jwt = parse_jwt(token);
  return jwt && keys.has_signed(*jwt);
}
KeySet keys_of(const Json& set) {
  auto keys = KeySet::read(set);
  TG_CHECK(keys.has_value());
  return *std::move(keys);
}

TEST(KeySet, VerifiesEachAlgorithmByItsOwnKeyOnly) {
  const TestSigner other{"ES256"};
  for (const auto* algorithm :
       {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}) {
    const TestSigner signer{algorithm};
    const auto keys = keys_of(signer.key_set());
    const auto token = signer.sign(kClaims);
    EXPECT_TRUE(holds(keys, token)) << algorithm;
    EXPECT_FALSE(holds(keys_of(other.key_set()), token)) << algorithm;
  }
}

TEST(KeySet, AnyChangedBitBreaksTheSignature) {
  const TestSigner signer;
  const auto keys = keys_of(signer.key_set());
  const auto token = signer.sign(kClaims);
  for (std::size_t at = 0; at < token.size(); ++at) {
    if (token[at] == '.') continue;
    auto changed = token;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    if (changed == token) continue;
    EXPECT_FALSE(holds(keys, changed)) << at;
  }
}

// The classic: the public key, which everybody has, as the secret of an HMAC.
std::string signed_by_hmac(const std::string& head, const std::string& secret) {
  std::array<unsigned char, crypto_auth_hmacsha256_BYTES> mac{};
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, reinterpret_cast<const unsigned char*>(secret.data()),
                              secret.size());
  crypto_auth_hmacsha256_update(&state, reinterpret_cast<const unsigned char*>(head.data()),
                                head.size());
  crypto_auth_hmacsha256_final(&state, mac.data());
  return head + "." + to_base64url({reinterpret_cast<const char*>(mac.data()), mac.size()});
}

TEST(KeySet, TheTokenDoesNotChooseTheAlgorithm) {
  const TestSigner rsa{"RS256"};
  const auto keys = keys_of(rsa.key_set());
  ASSERT_TRUE(holds(keys, rsa.sign(kClaims)));
  for (const auto* algorithm :
       {"none", "None", "NONE", "HS256", "ES256", "RS384", "PS256", "rs256", "EdDSA", ""}) {
    EXPECT_FALSE(holds(keys, rsa.sign(kClaims, {{"alg", algorithm}}))) << algorithm;
  }
  const auto head = to_base64url(R"({"alg":"none","kid":"key-1"})") + "." + to_base64url("{}");
  EXPECT_FALSE(holds(keys, head + "."));
  const auto hmac = to_base64url(R"({"alg":"HS256","kid":"key-1"})") + "." + to_base64url("{}");
  EXPECT_FALSE(holds(keys, signed_by_hmac(hmac, rsa.jwk().dump())));
}

TEST(KeySet, AKeyThatNamesItsAlgorithmIsForNoOther) {
  const TestSigner pss{"PS256"};
  auto jwk = pss.jwk();
  jwk["alg"] = "RS256";
  EXPECT_FALSE(holds(keys_of({{"keys", {jwk}}}), pss.sign(kClaims)));
  jwk["alg"] = "PS256";
  EXPECT_TRUE(holds(keys_of({{"keys", {jwk}}}), pss.sign(kClaims)));
}

TEST(KeySet, TheKeyIsTheOneThatTheTokenNames) {
  const TestSigner one{"ES256", "one"};
  const TestSigner two{"ES256", "two"};
  const auto keys = keys_of({{"keys", {one.jwk(), two.jwk()}}});
  EXPECT_TRUE(keys.has("one") && keys.has("two") && !keys.has("three"));
  EXPECT_TRUE(holds(keys, one.sign(kClaims)) && holds(keys, two.sign(kClaims)));
  EXPECT_FALSE(holds(keys, one.sign(kClaims, {{"kid", "two"}})));
  EXPECT_FALSE(holds(keys, one.sign(kClaims, {{"kid", "three"}})));
}

TEST(KeySet, PassesOverWhatCannotVerify) {
  const TestSigner good{"ES256", "good"};
  auto encrypts = TestSigner{"ES256", "encrypts"}.jwk();
  encrypts["use"] = "enc";
  auto signs = TestSigner{"ES256", "signs"}.jwk();
  signs["key_ops"] = {"sign"};
  auto nameless = TestSigner{"ES256"}.jwk();
  nameless.erase("kid");
  auto off_curve = TestSigner{"ES256", "off-curve"}.jwk();
  off_curve["y"] = off_curve["x"];
  auto even = TestSigner{"RS256", "even"}.jwk();
  even["e"] = "AQAA";
  auto one = TestSigner{"RS256", "one"}.jwk();
  one["e"] = "AQ";
  const auto small = TestSigner{"RS256", "small", 1024}.jwk();
  const auto keys = keys_of({{"keys",
                              {encrypts,
                               signs,
                               nameless,
                               off_curve,
                               even,
                               one,
                               small,
                               good.jwk(),
                               "text",
                               nullptr,
                               {{"kty", "EC"}, {"crv", "secp256k1"}, {"kid", "k"}},
                               {{"kty", "magic"}, {"kid", "m"}}}}});
  EXPECT_EQ(keys.size(), 1u);
  EXPECT_TRUE(holds(keys, good.sign(kClaims)));
}

TEST(KeySet, IsRefusedWhereItMayNotBeTrusted) {
  const TestSigner signer;
  auto with_private = signer.jwk();
  with_private["d"] = "AAAA";
  for (const auto& wrong : {Json{}, Json::array(), Json{{"keys", 5}}, Json{{"keys", Json::array()}},
                            Json{{"keys", {signer.jwk(), with_private}}},
                            Json{{"keys", {{{"kty", "oct"}, {"kid", "k"}, {"k", "AAAA"}}}}},
                            Json{{"keys", Json::array_t(kKeysMax + 1, signer.jwk())}}}) {
    EXPECT_FALSE(KeySet::read(wrong)) << wrong.dump().substr(0, 100);
  }
  EXPECT_FALSE(KeySet::parse("no JSON"));
  EXPECT_FALSE(KeySet::parse(std::string(kKeySetBytesMax + 1, ' ')));
  EXPECT_TRUE(KeySet::read(Json{{"keys", Json::array_t(kKeysMax, signer.jwk())}}));
}

}  // namespace
}  // namespace tg::oidc
