// SPDX-License-Identifier: Apache-2.0
#include "oidc/jwt.h"

#include <gtest/gtest.h>

#include <string>

#include "oidc/test_signer.h"

namespace tg::oidc {
namespace {

constexpr auto kHeader = R"({"alg":"ES256","kid":"key-1"})";

std::string token_of(std::string_view header, std::string_view claims) {
  return to_base64url(header) + "." + to_base64url(claims) + "." + to_base64url("signature");
}

TEST(Jwt, IsTakenApart) {
  const auto token = token_of(kHeader, R"({"sub":"me","n":1})");
  const auto jwt = parse_jwt(token);
  ASSERT_TRUE(jwt);
  EXPECT_EQ(jwt->algorithm, "ES256");
  EXPECT_EQ(jwt->key_id, "key-1");
  EXPECT_EQ(jwt->claims, (Json{{"sub", "me"}, {"n", 1}}));
  EXPECT_EQ(jwt->signature, "signature");
  EXPECT_EQ(jwt->signed_part, token.substr(0, token.rfind('.')));
}

TEST(Jwt, WhatIsNotOneIsRefused) {
  const auto good = token_of(kHeader, "{}");
  for (const auto& wrong :
       {std::string{}, std::string{"."}, std::string{".."}, std::string{"a.b.c"}, good + ".",
        "x" + good, good + "=", good.substr(1), " " + good, good + "\n",
        good + std::string(1, '\0'), token_of(kHeader, "[]"), token_of(kHeader, "5"),
        token_of(kHeader, "{"), token_of("[]", "{}"), token_of(kHeader, "{}") + "!",
        token_of(kHeader, "{\"a\":\"\xff\"}"), std::string(kTokenBytesMax + 1, 'a')}) {
    EXPECT_FALSE(parse_jwt(wrong)) << wrong.substr(0, 100);
  }
}

TEST(Jwt, APartHasOneSpellingOnly) {
  const auto signature = to_base64url("signatur");  // 8 bytes: the last character has two bits left
  const auto head = to_base64url(kHeader) + "." + to_base64url("{}") + ".";
  ASSERT_TRUE(parse_jwt(head + signature));
  auto other = signature;
  other.back() = static_cast<char>(other.back() + 1);
  EXPECT_FALSE(parse_jwt(head + other));
  EXPECT_FALSE(parse_jwt(head + signature + "="));
}

TEST(Jwt, AmbiguousOrDeepJsonIsRefused) {
  EXPECT_FALSE(parse_jwt(token_of(kHeader, R"({"sub":"me","sub":"you"})")));
  EXPECT_FALSE(parse_jwt(token_of(R"({"alg":"none","alg":"ES256","kid":"k"})", "{}")));
  EXPECT_FALSE(parse_jwt(token_of(kHeader, R"({"a":{"b":1,"b":2}})")));
  std::string deep = R"({"a":)";
  for (int i = 0; i < 40; ++i) deep += "[";
  for (int i = 0; i < 40; ++i) deep += "]";
  EXPECT_FALSE(parse_jwt(token_of(kHeader, deep + "}")));
}

TEST(Jwt, AHeaderThatAsksForMoreIsRefused) {
  for (const auto* header :
       {"{}", R"({"alg":"ES256"})", R"({"kid":"k"})", R"({"alg":5,"kid":"k"})",
        R"({"alg":"ES256","kid":""})", R"({"alg":"ES256","kid":"k","crit":["b64"]})",
        R"({"alg":"ES256","kid":"k","b64":false})", R"({"alg":"dir","enc":"A128GCM","kid":"k"})",
        R"({"alg":"ES256","kid":"k","cty":"JWT"})", R"({"alg":"ES256","kid":"k","zip":"DEF"})",
        R"({"alg":"ES256","kid":"k","typ":"logout+jwt"})",
        R"({"alg":"ES256","kid":"k","typ":1})"}) {
    EXPECT_FALSE(parse_jwt(token_of(header, "{}"))) << header;
  }
  EXPECT_FALSE(
      parse_jwt(token_of(Json{{"alg", "ES256"}, {"kid", std::string(257, 'k')}}.dump(), "{}")));
  for (const auto* type : {"JWT", "jwt", "at+jwt", "JOSE"}) {
    EXPECT_TRUE(parse_jwt(token_of(Json{{"alg", "a"}, {"kid", "k"}, {"typ", type}}.dump(), "{}")));
  }
}

}  // namespace
}  // namespace tg::oidc
