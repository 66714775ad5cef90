// SPDX-License-Identifier: Apache-2.0
#include "store/sealed.h"

#include <gtest/gtest.h>

#include "base/encoding.h"

namespace tg::store {
namespace {

constexpr std::string_view kContext = "provider-credential:provider_1";

TEST(Sealed, OpensToWhatWasSealed) {
  const auto key = SecretBytes::random(32);
  for (const std::string& plaintext :
       {std::string{}, std::string{"sk-secret"}, std::string(9999, '\0')}) {
    const auto opened = open_sealed(key, kContext, seal(key, kContext, plaintext));
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->reveal(), plaintext);
  }
}

TEST(Sealed, SameSecretNeverLooksTheSame) {
  const auto key = SecretBytes::random(32);
  EXPECT_NE(seal(key, kContext, "same"), seal(key, kContext, "same"));
}

TEST(Sealed, DoesNotOpenWithAnotherKeyOrInAnotherPlace) {
  const auto key = SecretBytes::random(32);
  const auto sealed = seal(key, kContext, "secret");
  EXPECT_FALSE(open_sealed(SecretBytes::random(32), kContext, sealed));
  EXPECT_FALSE(open_sealed(key, "provider-credential:provider_2", sealed));
}

TEST(Sealed, EveryChangedBitShows) {
  const auto key = SecretBytes::random(32);
  const auto bytes = *from_base64(seal(key, kContext, "secret").substr(3));
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    auto changed = bytes;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    const auto opened = open_sealed(key, kContext, "v1:" + to_base64(changed));
    ASSERT_FALSE(opened) << bit;
    EXPECT_EQ(opened.error().code, Code::kCorrupt);
  }
}

TEST(Sealed, CutOrForeignTextIsRefused) {
  const auto key = SecretBytes::random(32);
  const auto sealed = seal(key, kContext, "secret");
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_FALSE(open_sealed(key, kContext, std::string_view{sealed}.substr(0, size))) << size;
  }
  EXPECT_FALSE(open_sealed(key, kContext, "v2:" + sealed.substr(3)));
}

}  // namespace
}  // namespace tg::store
