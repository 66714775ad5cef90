// SPDX-License-Identifier: Apache-2.0
#include "tokens/chat_tokens.h"

#include <gtest/gtest.h>

#include <string>

namespace tg::tokens {
namespace {

const Tokenizer& of(Encoding encoding) {
  static const Tokenizers kTokenizers;
  return kTokenizers.of(encoding);
}

PromptTokens prompt(Encoding encoding, std::string_view body) {
  const auto counted = count_chat_prompt(of(encoding), body);
  EXPECT_TRUE(counted) << body;
  return counted.value_or(PromptTokens{});
}

std::int64_t words(std::string_view text) { return of(Encoding::kO200kBase).count(text); }

// The cookbook's example; it gives 129 for gpt-4 and gpt-3.5-turbo, 124 for gpt-4o.
constexpr std::string_view kCookbook =
    R"({"model": "gpt-4", "messages": [
  {"role": "system", "content": "You are a helpful, pattern-following assistant that translates )"
    R"(corporate jargon into plain English."},
  {"role": "system", "name": "example_user", "content": "New synergies will help drive top-line )"
    R"(growth."},
  {"role": "system", "name": "example_assistant", "content": "Things working well together will )"
    R"(increase revenue."},
  {"role": "system", "name": "example_user", "content": "Let's circle back when we have more )"
    R"(bandwidth to touch base on opportunities for increased leverage."},
  {"role": "system", "name": "example_assistant", "content": "Let's talk later when we're less )"
    R"(busy about how to do better."},
  {"role": "user", "content": "This late pivot means we don't have time to boil the ocean for )"
    R"(the client deliverable."}]})";

// Its example of tools; it gives 105 for gpt-4 and gpt-3.5-turbo, 101 for gpt-4o.
constexpr std::string_view kCookbookTools = R"({"model": "gpt-4", "tools": [{"type": "function",
  "function": {"name": "get_current_weather", "description": "Get the current weather in a )"
                                            R"(given location",
    "parameters": {"type": "object", "properties": {
      "location": {"type": "string", "description": "The city and state, e.g. San Francisco, CA"},
      "unit": {"type": "string", "description": "The unit of temperature to return", "enum": )"
                                            R"(["celsius", "fahrenheit"]}},
      "required": ["location"]}}}],
  "messages": [
  {"role": "system", "content": "You are a helpful assistant that can answer to questions about )"
                                            R"(the weather."},
  {"role": "user", "content": "What's the weather like in San Francisco?"}]})";

TEST(ChatTokens, MessagesAreTheCookbooksSums) {
  EXPECT_EQ(prompt(Encoding::kCl100kBase, kCookbook).tokens, 129);
  EXPECT_EQ(prompt(Encoding::kO200kBase, kCookbook).tokens, 124);
  EXPECT_TRUE(prompt(Encoding::kO200kBase, kCookbook).exact);
}

TEST(ChatTokens, ToolsAreTheCookbooksSums) {
  EXPECT_EQ(prompt(Encoding::kCl100kBase, kCookbookTools).tokens, 105);
  EXPECT_EQ(prompt(Encoding::kO200kBase, kCookbookTools).tokens, 101);
  EXPECT_FALSE(prompt(Encoding::kO200kBase, kCookbookTools).exact);
}

TEST(ChatTokens, TextIsCountedDecoded) {
  const auto escaped =
      prompt(Encoding::kO200kBase,
             R"({"messages":[{"role":"user","content":"\u4f60\u597d \ud83d\ude42\n"}]})");
  EXPECT_EQ(escaped.tokens, 3 + 1 + words("\u4F60\u597D \U0001F642\n") + 3);
}

TEST(ChatTokens, PartsOfTextAreTextAndImagesAreNot) {
  const auto parts = prompt(
      Encoding::kO200kBase,
      R"({"messages":[{"role":"user","content":[{"type":"text","text":"What is this?"}]}]})");
  EXPECT_EQ(parts.tokens, 3 + 1 + words("What is this?") + 3);
  EXPECT_TRUE(parts.exact);
  const auto image = prompt(Encoding::kO200kBase,
                            R"({"messages":[{"role":"user","content":[{"type":"image_url",
                               "image_url":{"url":"data:image/png;base64,AAAA"}}]}]})");
  EXPECT_EQ(image.tokens, 3 + 1 + 3);
  EXPECT_TRUE(image.media);
  EXPECT_FALSE(image.exact);
}

TEST(ChatTokens, CallsThatTheModelMadeCountTheirNamesAndArguments) {
  const auto made = prompt(Encoding::kO200kBase,
                           R"({"messages":[{"role":"assistant","content":null,"tool_calls":[
      {"id":"call_1","type":"function","function":{"name":"look","arguments":"{\"at\":1}"}}]}]})");
  EXPECT_EQ(made.tokens, 3 + 1 + 3 + words("look") + words("{\"at\":1}") + 3);
  EXPECT_FALSE(made.exact);
}

TEST(ChatTokens, SchemasAreReadToAnyDepth) {
  std::string schema = R"({"type":"string"})";
  std::int64_t before = 0;
  for (int depth = 0; depth < 200; ++depth) {
    schema = R"({"type":"object","properties":{"a":)" + schema + "}}";
    const auto body =
        R"({"messages":[],"tools":[{"type":"function","function":{"name":"f","parameters":)" +
        schema + "}}]}";
    const auto tokens = prompt(Encoding::kO200kBase, body).tokens;
    EXPECT_GT(tokens, before);
    before = tokens;
  }
}

TEST(ChatTokens, WhatIsNoChatRequestIsRefused) {
  const auto code = [](std::string_view body) {
    return count_chat_prompt(of(Encoding::kO200kBase), body).error().code;
  };
  EXPECT_EQ(code("{"), Code::kBodyNotJson);
  EXPECT_EQ(code("\"\xFF\""), Code::kBodyNotJson);
  EXPECT_EQ(code(R"({"messages":[{"role":"user","content":"\ud800"}]})"), Code::kBodyNotJson);
  EXPECT_EQ(code("[]"), Code::kBodyMalformed);
  EXPECT_EQ(code(R"({"messages":"hello"})"), Code::kBodyMalformed);
  EXPECT_EQ(code(R"({"messages":["hello"]})"), Code::kBodyMalformed);
}

}  // namespace
}  // namespace tg::tokens
