// SPDX-License-Identifier: Apache-2.0
#include "oidc/claims.h"

#include <gtest/gtest.h>

#include "oidc/attributes.h"

namespace tg::oidc {
namespace {

constexpr std::int64_t kNowSeconds = 1'795'000'000;
constexpr WallTime kNow{std::chrono::seconds{kNowSeconds}};
constexpr Expected kExpected{.issuer = "https://ci.example.com", .audience = "tollgate"};

Json claims_with(const Json& changes = Json::object()) {
  Json claims{{"iss", "https://ci.example.com"},
              {"aud", "tollgate"},
              {"sub", "repo:acme/site"},
              {"iat", kNowSeconds - 10},
              {"exp", kNowSeconds + 600}};
  claims.merge_patch(changes);
  return claims;
}
bool good(const Json& changes) {
  return check_claims(claims_with(changes), kExpected, kNow).has_value();
}

TEST(Claims, RightOnesSayWhoseAndHowLong) {
  const auto subject = check_claims(claims_with(), kExpected, kNow);
  ASSERT_TRUE(subject);
  EXPECT_EQ(subject->name, "repo:acme/site");
  EXPECT_EQ(subject->expires_at, kNow + std::chrono::seconds{600});
}

TEST(Claims, AnotherIssuerOrAudienceIsRefused) {
  for (const auto& issuer : {Json("https://ci.example.com/"), Json("http://ci.example.com"),
                             Json("HTTPS://CI.example.com"), Json(5), Json(nullptr),
                             Json::array({"https://ci.example.com"})}) {
    EXPECT_FALSE(good({{"iss", issuer}})) << issuer;
  }
  for (const auto& audience : {Json("tollgate2"), Json("Tollgate"), Json(""), Json(5),
                               Json::array(), Json::array({"other"}), Json::array({5}),
                               Json(nullptr), Json::array({Json::array({"tollgate"})})}) {
    EXPECT_FALSE(good({{"aud", audience}})) << audience;
  }
  EXPECT_TRUE(good({{"aud", {"other", "tollgate"}}}));
  EXPECT_FALSE(good({{"aud", Json::array_t(33, Json("tollgate"))}}));
}

TEST(Claims, AnEndIsNeverStretchedAndABeginningByAMinute) {
  EXPECT_FALSE(good({{"exp", kNowSeconds}}));
  EXPECT_FALSE(good({{"exp", kNowSeconds - 1}}));
  EXPECT_TRUE(good({{"exp", kNowSeconds + 1}}));
  EXPECT_TRUE(good({{"exp", kNowSeconds + 0.5}}));
  EXPECT_TRUE(good({{"iat", kNowSeconds + 60}}));
  EXPECT_FALSE(good({{"iat", kNowSeconds + 61}}));
  EXPECT_TRUE(good({{"nbf", kNowSeconds + 60}}));
  EXPECT_FALSE(good({{"nbf", kNowSeconds + 61}}));
}

TEST(Claims, TimesThatAreNoneAreRefused) {
  for (const auto* name : {"exp", "iat", "nbf"}) {
    for (const auto& wrong : {Json("1795000000"), Json(-1), Json(1e300), Json(true)}) {
      EXPECT_FALSE(good({{name, wrong}})) << name << " " << wrong;
    }
  }
  EXPECT_FALSE(good({{"exp", nullptr}}));
  EXPECT_FALSE(good({{"iat", nullptr}}));
}

TEST(Claims, WhatLastsLongerThanADayIsAKeyThatLeaks) {
  EXPECT_TRUE(good({{"iat", kNowSeconds - 10}, {"exp", kNowSeconds - 10 + 86'400}}));
  EXPECT_FALSE(good({{"iat", kNowSeconds - 10}, {"exp", kNowSeconds - 9 + 86'400}}));
}

TEST(Claims, TheyMustSayWhose) {
  for (const auto& wrong : {Json(nullptr), Json(""), Json(5), Json(std::string(1025, 's'))}) {
    EXPECT_FALSE(good({{"sub", wrong}})) << wrong;
  }
}

const Json kPod{{"sub", "system:serviceaccount:shop:cart"},
                {"kubernetes.io", {{"namespace", "shop"}, {"pod", {{"name", "cart-1"}}}}},
                {"number", 7},
                {"flag", true},
                {"list", {"a"}}};

TEST(Attributes, ExpressionsPickAndJoin) {
  const std::vector<Transformation> derived{
      {"namespace", R"(claims["kubernetes.io"].namespace)"},
      {"pod", "assertion['kubernetes.io'].pod.name"},
      {"path", R"("ns/" + claims['kubernetes.io'].namespace + "/x")"},
      {"sub", "claims.missing"}};
  const auto attributes = attributes_of(kPod, derived);
  EXPECT_EQ(attributes["namespace"], "shop");
  EXPECT_EQ(attributes["pod"], "cart-1");
  EXPECT_EQ(attributes["path"], "ns/shop/x");
  EXPECT_FALSE(attributes.contains("sub")) << "a claim must not stand in for what was derived";
  EXPECT_EQ(attributes["number"], 7);
}

TEST(Attributes, OnlyExpressionsOfThatKindAreUnderstood) {
  for (const auto* good :
       {"claims.a", "claims.a.b", "claims['a'].b", "'x'", "'x' + claims.a", "assertion.sub"}) {
    EXPECT_TRUE(check_expression(good)) << good;
  }
  for (const auto* wrong :
       {"", "claims", "claims.", "claims[a]", "claims['a'", "sub", "claims.a +", "+ claims.a",
        "claims.a == 'x'", "claims.a.startsWith('x')", "claims.a claims.b", "'x", R"('a\'b')",
        "claims[0]", "claims..a", "claims.1a"}) {
    EXPECT_FALSE(check_expression(wrong)) << wrong;
  }
  EXPECT_FALSE(check_expression("claims." + std::string(600, 'a')));
}

TEST(Attributes, AMatcherWantsExactlyItsValue) {
  EXPECT_TRUE(matches(kPod, {{"number", 7}, {"flag", true}}));
  EXPECT_TRUE(matches(kPod, {{"number", 7.0}}));
  for (const auto& wrong :
       {Json::object(), Json(nullptr), Json{{"number", "7"}}, Json{{"flag", "true"}},
        Json{{"flag", 1}}, Json{{"list", "a"}}, Json{{"missing", "x"}}, Json{{"missing", nullptr}},
        Json{{"sub", "system:serviceaccount:shop:car"}},
        Json{{"sub", "SYSTEM:serviceaccount:shop:cart"}}, Json{{"number", 7}, {"flag", false}},
        Json{{"list", Json::array({"a"})}}}) {
    EXPECT_FALSE(matches(kPod, wrong)) << wrong;
  }
}

}  // namespace
}  // namespace tg::oidc
