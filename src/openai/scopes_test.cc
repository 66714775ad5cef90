// SPDX-License-Identifier: Apache-2.0
#include "openai/scopes.h"

#include <gtest/gtest.h>

namespace tg::openai {
namespace {

TEST(ScopesTest, ScopesOpenTheirEndpointsUnderBothNames) {
  const auto audio = endpoints_of_scope("api.model.audio.request").value();
  EXPECT_NE(audio & bit_of(Endpoint::kTranscriptions), 0U);
  EXPECT_EQ(audio & bit_of(Endpoint::kChatCompletions), 0U);
  EXPECT_EQ(endpoints_of_scope("model.audio.request"), audio);
  EXPECT_NE(endpoints_of_scope("api.all.read").value() & kModelListBit, 0U);
  EXPECT_FALSE(endpoints_of_scope("api.everything"));
  EXPECT_FALSE(endpoints_of_scope(""));
}

TEST(ScopesTest, TheScopeThatAMessageNamesOpensTheEndpoint) {
  for (int i = 0; i < kEndpointCount; ++i) {
    const auto endpoint = static_cast<Endpoint>(i);
    const auto mask = endpoints_of_scope(scope_for(endpoint));
    ASSERT_TRUE(mask) << path(endpoint);
    EXPECT_NE(*mask & bit_of(endpoint), 0U) << path(endpoint);
    if (i < kModelEndpointCount) {
      EXPECT_NE(endpoints_of_scope("model.request").value() & bit_of(endpoint), 0U);
    }
  }
}

TEST(ScopesTest, AScopeThatOnlyReadsChangesNothing) {
  const auto read_only = endpoints_of_scope("api.all.read").value();
  for (int i = 0; i < kEndpointCount; ++i) {
    const auto endpoint = static_cast<Endpoint>(i);
    EXPECT_EQ(read_only & bit_of(endpoint), 0U) << path(endpoint);
    if (i < kModelEndpointCount) continue;
    EXPECT_NE(read_only & read_bit_of(endpoint), 0U) << path(endpoint);
    const auto reader = endpoints_of_scope(scope_for(endpoint, true)).value();
    EXPECT_NE(reader & read_bit_of(endpoint), 0U) << path(endpoint);
  }
  EXPECT_EQ(endpoints_of_scope("api.files.read").value() & bit_of(Endpoint::kFiles), 0U);
}

}  // namespace
}  // namespace tg::openai
