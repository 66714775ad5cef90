// SPDX-License-Identifier: Apache-2.0
#include "openai/endpoint.h"

#include <gtest/gtest.h>

namespace tg::openai {
namespace {

TEST(Endpoint, EveryEndpointIsFoundByItsOwnPath) {
  for (int i = 0; i < kModelEndpointCount; ++i) {
    const auto endpoint = static_cast<Endpoint>(i);
    const auto match = match_endpoint(path(endpoint));
    ASSERT_TRUE(match) << path(endpoint);
    EXPECT_EQ(match->endpoint, endpoint);
    EXPECT_EQ(match->model, "");
  }
}

TEST(Endpoint, EnginePathOfOldClientsCarriesTheModel) {
  const auto chat = match_endpoint("/v1/engines/gpt-4/chat/completions");
  ASSERT_TRUE(chat);
  EXPECT_EQ(chat->endpoint, Endpoint::kChatCompletions);
  EXPECT_EQ(chat->model, "gpt-4");
  EXPECT_EQ(match_endpoint("/v1/engines/ada/completions")->endpoint, Endpoint::kCompletions);
  EXPECT_EQ(match_endpoint("/v1/engines/ada/embeddings")->endpoint, Endpoint::kEmbeddings);
}

TEST(Endpoint, WhatIsNotExactlyAnEndpointIsClosed) {
  for (const auto* path :
       {"/v1/", "/v1/chat/completions/", "/v1/chat/completions/x", "/v1/Chat/completions",
        "/v1//chat/completions", "/v1/chat/completions?x=1", "/v1/engines//completions",
        "/v1/engines/a/b/completions", "/v1/engines/completions", "/v1/engines/a/edits",
        "/v1/engines/a", "/v1/files", ""}) {
    EXPECT_FALSE(match_endpoint(path)) << path;
  }
}

TEST(Endpoint, OnlyUploadsAreMultipart) {
  EXPECT_TRUE(is_multipart(Endpoint::kTranscriptions));
  EXPECT_TRUE(is_multipart(Endpoint::kImageEdits));
  EXPECT_FALSE(is_multipart(Endpoint::kImageGenerations));
  EXPECT_FALSE(is_multipart(Endpoint::kSpeech));
}

TEST(Endpoint, OfWritingDrawingAndHearingEachDoesOneAtMost) {
  int writes = 0;
  int draws = 0;
  int listens = 0;
  for (int i = 0; i < kEndpointCount; ++i) {
    const auto endpoint = static_cast<Endpoint>(i);
    EXPECT_LE(writes_text(endpoint) + makes_images(endpoint) + hears(endpoint), 1) << i;
    writes += writes_text(endpoint);
    draws += makes_images(endpoint);
    listens += hears(endpoint);
  }
  EXPECT_EQ(writes, 4);
  EXPECT_EQ(draws, 3);
  EXPECT_EQ(listens, 2);
}

}  // namespace
}  // namespace tg::openai
