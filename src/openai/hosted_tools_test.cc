// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "openai/answer_tap.h"
#include "openai/hosted_tools_json.h"
#include "openai/request_peek.h"

namespace tg::openai {
namespace {

constexpr auto kResponses = Endpoint::kResponses;

constexpr std::string_view kWorked =
    R"({"status":"completed","service_tier":"priority","tools":[{"type":"web_search",)"
    R"("search_context_size":"high"},{"type":"function","name":"f"}],"output":[)"
    R"({"type":"web_search_call","status":"completed","action":{"type":"search"}},)"
    R"({"type":"web_search_call","status":"completed","action":{"type":"open_page"}},)"
    R"({"type":"web_search_call","status":"failed","action":{"type":"search"}},)"
    R"({"type":"web_search_call","status":"completed"},)"
    R"({"type":"file_search_call","status":"completed"},)"
    R"({"type":"code_interpreter_call","container_id":"cntr_1"},)"
    R"({"type":"code_interpreter_call","container_id":"cntr_1"},)"
    R"({"type":"code_interpreter_call","container_id":"cntr_2"},)"
    R"({"type":"function_call","arguments":"{}"},)"
    R"({"type":"message","content":[{"type":"output_text","text":"four"}]}]})";

Answer read(Endpoint endpoint, std::string_view body) {
  Answer answer;
  read_answer(endpoint, body, answer);
  return answer;
}

TEST(ToolsOfAnAnswer, AreItsItems) {
  const auto answer = read(kResponses, kWorked);
  EXPECT_EQ(answer.tools.web_search_calls(), 2);
  EXPECT_EQ(answer.tools.file_searches, 1);
  EXPECT_EQ(answer.tools.containers, (std::vector<std::string>{"cntr_1", "cntr_2"}));
  EXPECT_FALSE(answer.tools.uncounted);
  EXPECT_EQ(answer.tier, "priority");
  EXPECT_EQ(answer.size, "high");
}

TEST(ToolsOfAnAnswer, CountOnceInAStreamThatTellsThemTwice) {
  Answer answer;
  const auto pass = [&answer](std::string_view data) {
    (void)read_event(kResponses, "", data, false, answer);
  };
  pass(R"({"type":"response.created","response":{"service_tier":"auto","output":[]}})");
  for (const auto* item : {R"({"type":"web_search_call","action":{"type":"search"}})",
                           R"({"type":"web_search_call"})", R"({"type":"file_search_call"})",
                           R"({"type":"code_interpreter_call","container_id":"cntr_1"})"}) {
    pass(std::string{R"({"type":"response.output_item.done","item":)"} + item + "}");
  }
  EXPECT_EQ(answer.tools.web_search_calls(), 2);  // what is counted should it break off here
  pass(std::string{R"({"type":"response.completed","response":)"} + std::string{kWorked} + "}");
  EXPECT_EQ(answer.tools.web_search_calls(), 2);
  EXPECT_EQ(answer.tools.file_searches, 1);
  EXPECT_EQ(answer.tools.containers.size(), 2U);
  EXPECT_EQ(answer.tier, "priority");
}

TEST(ToolsOfAnAnswer, HoldAsTheirUsageTellsThem) {
  const auto told =
      read(kResponses, R"({"tool_usage":{"web_search":{"num_requests":5},"image_gen":)"
                       R"({"total_tokens":0}},"output":[{"type":"web_search_call"}]})");
  EXPECT_EQ(told.tools.web_search_calls(), 5);
  EXPECT_FALSE(told.tools.uncounted);
  EXPECT_TRUE(read(kResponses, R"({"output":[{"type":"image_generation_call"}]})").tools.uncounted);
}

TEST(ToolsOfAnAnswer, AChatSearchedWhereItCites) {
  constexpr auto kChat = Endpoint::kChatCompletions;
  EXPECT_EQ(read(kChat, R"({"choices":[{"message":{"content":"x","annotations":)"
                        R"([{"type":"url_citation"},{"type":"url_citation"}]}}]})")
                .tools.web_search_calls(),
            1);
  EXPECT_EQ(read(kChat, R"({"choices":[{"message":{"content":"x","annotations":[]}}]})")
                .tools.web_search_calls(),
            0);
  const auto sonar = read(kChat, R"({"citations":["https://a"],"usage":{"prompt_tokens":1,)"
                                 R"("completion_tokens":1,"search_context_size":"low"}})");
  EXPECT_EQ(sonar.tools.web_search_calls(), 1);
  EXPECT_EQ(sonar.size, "low");
}

TEST(WordsOfAnAnswer, AnImageSaysHowItWasMade) {
  const auto image = read(Endpoint::kImageGenerations,
                          R"({"data":[{"b64_json":""}],"size":"1024x1536","quality":"high"})");
  EXPECT_EQ(image.size, "1024x1536");
  EXPECT_EQ(image.quality, "high");
  Answer streamed;
  (void)read_event(Endpoint::kImageEdits, "",
                   R"({"type":"image_edit.completed","size":"1024x1024","quality":"low"})", false,
                   streamed);
  EXPECT_EQ(streamed.size, "1024x1024");
  EXPECT_EQ(streamed.quality, "low");
}

TEST(WordsOfAnAnswer, WhatIsNoWordIsNotSaid) {
  for (const auto* tier : {R"("")", R"("a b")", R"("a\u0000b")", R"("ä")", "7",
                           R"("a234567890123456789012345678901234567890")"}) {
    EXPECT_TRUE(read(Endpoint::kChatCompletions, std::string{R"({"service_tier":)"} + tier + "}")
                    .tier.empty())
        << tier;
  }
}

RequestPeek peeked(Endpoint endpoint, std::string_view body) {
  auto peek = peek_json(endpoint, body);
  EXPECT_TRUE(peek) << body;
  return peek.value_or(RequestPeek{});
}

TEST(ToolsOfARequest, AreThoseThatItAllows) {
  const auto peek =
      peeked(kResponses, R"({"model":"m","max_tool_calls":7,"tools":[{"type":"function"},)"
                         R"({"type":"web_search_preview_2025_03_11",)"
                         R"("search_context_size":"low"},{"type":"code_interpreter",)"
                         R"("container":{"type":"auto"}}]})");
  EXPECT_TRUE(peek.hosted_tools.web_search);
  EXPECT_TRUE(peek.hosted_tools.code_interpreter);
  EXPECT_FALSE(peek.hosted_tools.file_search);
  EXPECT_FALSE(peek.hosted_tools.once);
  EXPECT_EQ(peek.hosted_tools.search_context, "low");
  EXPECT_EQ(peek.tool_calls_max, 7);
  EXPECT_FALSE(peeked(kResponses, R"({"tools":[{"type":"function"}]})").hosted_tools.any());
}

TEST(ToolsOfARequest, MayComeWithItsItemsOrAStoredPrompt) {
  EXPECT_TRUE(peeked(kResponses, R"({"input":[{"type":"additional_tools","tools":)"
                                 R"([{"type":"file_search"}]}]})")
                  .hosted_tools.file_search);
  EXPECT_TRUE(peeked(kResponses, R"({"prompt":{"id":"pmpt_1"}})").hosted_tools.unknown);
}

HostedTools named(std::string_view tools) {
  return peeked(kResponses, std::string{R"({"tools":[)"} + std::string{tools} + "]}").hosted_tools;
}

TEST(ToolsOfARequest, AreNamedThoughTheyAreChargedByTheirTokens) {
  EXPECT_TRUE(named(R"({"type":"image_generation"})").image_generation);
  EXPECT_TRUE(named(R"({"type":"mcp","server_label":"s"})").mcp);
  EXPECT_TRUE(named(R"({"type":"namespace","tools":[{"type":"mcp"}]})").mcp);
  EXPECT_FALSE(named(R"({"type":"mcp"},{"type":"image_generation"})").any());
}

TEST(ToolsOfARequest, AShellIsTheProvidersInAContainerAlone) {
  EXPECT_TRUE(named(R"({"type":"shell","environment":{"type":"container_auto"}})").shell);
  EXPECT_TRUE(named(R"({"type":"shell","environment":{"type":"container_reference"}})").shell);
  EXPECT_FALSE(named(R"({"type":"shell","environment":{"type":"local"}})").shell);
  EXPECT_FALSE(named(R"({"type":"shell"})").shell);
}

TEST(ToolsOfARequest, ATypeThatStandsTwiceCountsTwice) {
  EXPECT_TRUE(named(R"({"type":"mcp","type":"function"})").mcp);
  EXPECT_TRUE(named(R"({"type":"function","type":"mcp"})").mcp);
}

TEST(WhatARequestGoesOnWith, IsSeen) {
  const auto peek = peeked(kResponses, R"({"previous_response_id":"resp_1","conversation":null})");
  EXPECT_TRUE(peek.previous_response);
  EXPECT_FALSE(peek.conversation || peek.stored_prompt);
  EXPECT_TRUE(peeked(kResponses, R"({"conversation":{"id":"conv_1"}})").conversation);
  EXPECT_TRUE(peeked(kResponses, R"({"prompt":{"id":"pmpt_1"}})").stored_prompt);
}

TEST(ToolsOfARequest, AChatSearchesOnce) {
  const auto peek = peeked(Endpoint::kChatCompletions,
                           R"({"web_search_options":{"search_context_size":"high"}})");
  EXPECT_TRUE(peek.hosted_tools.web_search);
  EXPECT_TRUE(peek.hosted_tools.once);
  EXPECT_EQ(peek.hosted_tools.search_context, "high");
}

}  // namespace
}  // namespace tg::openai
