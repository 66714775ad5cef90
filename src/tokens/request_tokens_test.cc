// SPDX-License-Identifier: Apache-2.0
#include "tokens/request_tokens.h"

#include <gtest/gtest.h>

#include "tokens/ready_tokenizers.h"

namespace tg::tokens {
namespace {

const Tokenizer& o200k() {
  static const Tokenizers all;
  return all.of(Encoding::kO200kBase);
}

constexpr auto kChat = openai::Endpoint::kChatCompletions;

TEST(RequestTokens, AChatOfTextIsExact) {
  const auto counted =
      count_request(o200k(), kChat,
                    R"({"model":"gpt-4o","messages":[{"role":"user","content":"Hello, world!"}]})");
  ASSERT_TRUE(counted);
  // 3 for the message, 1 for its role, 4 for the text, 3 for the answer's beginning.
  EXPECT_EQ(counted->tokens, 11);
  EXPECT_TRUE(counted->exact);
}

TEST(RequestTokens, AllElseIsAtMostWhatIsSaidAndFarLessThanItsBytes) {
  std::string text;
  for (int word = 0; word < 2'000; ++word) text += "straightforward internationalization ";
  for (const auto& body :
       {R"({"input":[{"role":"user","content":[{"type":"input_text","text":")" + text + R"("}]}]})",
        R"({"messages":[{"role":"user","content":")" + text +
            R"("}],"tools":[{"type":"function","function":{"name":"f","parameters":{}}}]})"}) {
    const auto counted =
        count_request(o200k(), body.contains("input") ? openai::Endpoint::kResponses : kChat, body);
    ASSERT_TRUE(counted);
    EXPECT_FALSE(counted->exact);
    EXPECT_GE(counted->tokens, o200k().count(text));
    EXPECT_LT(counted->tokens, static_cast<std::int64_t>(body.size()) / 4);
  }
}

TEST(RequestTokens, ListsOfTokensAreAtLeastSoMany) {
  const auto counted = count_request(o200k(), openai::Endpoint::kEmbeddings,
                                     R"({"input":[[1,2,3],[4,5]],"model":"m"})");
  ASSERT_TRUE(counted);
  EXPECT_GE(counted->tokens, 5);
}

TEST(RequestTokens, WhatIsNoObjectIsNotCounted) {
  for (const auto* body : {"", "[]", "{", "7"}) {
    EXPECT_FALSE(count_request(o200k(), kChat, body)) << body;
  }
}

TEST(ReadyTokenizers, AreThereOnceTheyWereLoaded) {
  ReadyTokenizers ready;
  EXPECT_EQ(ready.find(Encoding::kR50kBase), nullptr);
  ready.load(Encoding::kR50kBase);
  ASSERT_NE(ready.find(Encoding::kR50kBase), nullptr);
  EXPECT_EQ(ready.find(Encoding::kR50kBase)->count("Hello, world!"), 4);
  EXPECT_EQ(ready.find(Encoding::kCl100kBase), nullptr);
}

}  // namespace
}  // namespace tg::tokens
