// SPDX-License-Identifier: Apache-2.0
#include "identity/key_restrictions.h"

#include <gtest/gtest.h>

#include "openai/scopes.h"

namespace tg::identity {
namespace {

using openai::bit_of;
using openai::Endpoint;

TEST(KeyRestrictionsTest, NoneMeansAllAndCostsNothing) {
  EXPECT_EQ(to_rules({}), nullptr);
  EXPECT_EQ(to_text({}), "");
  EXPECT_EQ(parse_restrictions("").value(), KeyRestrictions{});
}

TEST(KeyRestrictionsTest, ScopesAndEndpointsNarrowTogether) {
  const auto scoped = to_rules({.scopes = {"api.model.request"}});
  EXPECT_TRUE(scoped->allows_endpoint(bit_of(Endpoint::kResponses)));
  EXPECT_TRUE(scoped->lists_models());
  const auto both = to_rules({.scopes = {"model.audio.request"},
                              .endpoints = {"/v1/audio/speech", "/v1/chat/completions"}});
  EXPECT_TRUE(both->allows_endpoint(bit_of(Endpoint::kSpeech)));
  EXPECT_FALSE(both->allows_endpoint(bit_of(Endpoint::kChatCompletions)));
  const auto read_only = to_rules({.scopes = {"api.all.read"}});
  EXPECT_TRUE(read_only->lists_models());
  EXPECT_TRUE(read_only->allows_endpoint(read_bit_of(Endpoint::kFiles)));
  EXPECT_FALSE(read_only->allows_endpoint(bit_of(Endpoint::kFiles)));
  const auto files = to_rules({.endpoints = {"/v1/files"}});
  EXPECT_TRUE(files->allows_endpoint(bit_of(Endpoint::kFiles)));
  EXPECT_TRUE(files->allows_endpoint(read_bit_of(Endpoint::kFiles)));
  EXPECT_FALSE(files->lists_models());
}

TEST(KeyRestrictionsTest, TextAndBack) {
  const KeyRestrictions all{.scopes = {"api.model.request"},
                            .endpoints = {"/v1/embeddings"},
                            .models = {"gpt-5*", "text-embedding-3-\"small\""},
                            .addresses = {"10.0.0.0/8"}};
  EXPECT_EQ(parse_restrictions(to_text(all)).value(), all);
}

TEST(KeyRestrictionsTest, WhatCannotBeReadIsNotTakenForNone) {
  for (const auto* text :
       {"{", "[]", "{}", R"({"scopes":[1],"endpoints":[],"models":[],"addresses":[]})",
        R"({"scopes":"all","endpoints":[],"models":[],"addresses":[]})"}) {
    const auto read = parse_restrictions(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, Code::kCorrupt);
  }
}

TEST(KeyRestrictionsTest, FaultsAreNamed) {
  const auto faults = faults_of({.scopes = {"api.everything"},
                                 .endpoints = {"/v1/chat", "/v1/chat/completions"},
                                 .models = {"gpt*5", ""},
                                 .addresses = {"10.1.0.0/8"}});
  ASSERT_EQ(faults.size(), 5U);
  EXPECT_STREQ(faults[0].field, "scopes");
  EXPECT_EQ(faults[1].value, "/v1/chat");
  EXPECT_STREQ(faults[4].field, "addresses");
  EXPECT_TRUE(faults_of({.models = std::vector<std::string>(100, "m")}).empty());
  EXPECT_EQ(faults_of({.models = std::vector<std::string>(101, "m")}).size(), 1U);
}

}  // namespace
}  // namespace tg::identity
