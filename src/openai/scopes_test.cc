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
  EXPECT_EQ(endpoints_of_scope("api.all.read"), kModelListBit);
  EXPECT_FALSE(endpoints_of_scope("api.everything"));
  EXPECT_FALSE(endpoints_of_scope(""));
}

TEST(ScopesTest, TheScopeThatAMessageNamesOpensTheEndpoint) {
  for (int i = 0; i < kEndpointCount; ++i) {
    const auto endpoint = static_cast<Endpoint>(i);
    const auto mask = endpoints_of_scope(scope_for(endpoint));
    ASSERT_TRUE(mask) << path(endpoint);
    EXPECT_NE(*mask & bit_of(endpoint), 0U) << path(endpoint);
    EXPECT_NE(endpoints_of_scope("model.request").value() & bit_of(endpoint), 0U);
  }
}

}  // namespace
}  // namespace tg::openai
