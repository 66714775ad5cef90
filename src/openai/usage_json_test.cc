// SPDX-License-Identifier: Apache-2.0
// What each dialect means by its numbers: cached tokens beside the input or within it, once.
#include "openai/usage_json.h"

#include <gtest/gtest.h>

#include "openai/json_document.h"

namespace tg::openai {
namespace {

Usage read(std::string_view json, Usage before = {}, Endpoint endpoint = Endpoint::kResponses) {
  const Document document{json};
  EXPECT_TRUE(document.is_object()) << json;
  (void)read_usage(endpoint, document.object(), before);
  return before;
}

Usage provider(Usage usage) {
  usage.source = UsageSource::kProvider;
  return usage;
}

struct Case {
  const char* what;
  const char* reported;
  Usage meant;
};

TEST(UsageDialects, CachedTokensCountOnceWhereverTheyStand) {
  const Usage beside{.input_text_tokens = 56'322,
                     .cached_input_text_tokens = 72'960,
                     .output_text_tokens = 87};
  const Usage within{
      .input_text_tokens = 60, .cached_input_text_tokens = 40, .output_text_tokens = 10};
  const Usage written{.input_text_tokens = 30,
                      .cached_input_text_tokens = 40,
                      .cache_write_text_tokens = 20,
                      .output_text_tokens = 10,
                      .cache_write_1h_text_tokens = 10};
  for (const auto& [what, reported, meant] : {
           Case{"Anthropic",
                R"({"input_tokens":56322,"cache_read_input_tokens":72960,"output_tokens":87,
                    "cache_creation_input_tokens":0})",
                beside},
           Case{"Anthropic behind chat, more cached than there is",
                R"({"prompt_tokens":56322,"completion_tokens":87,
                    "cache_read_input_tokens":72960})",
                beside},
           Case{"a total that counts them beside",
                R"({"prompt_tokens":56322,"completion_tokens":87,"total_tokens":129369,
                    "prompt_tokens_details":{"cached_tokens":72960}})",
                beside},
           Case{"LiteLLM: the same twice, and a part",
                R"({"prompt_tokens":129282,"completion_tokens":87,"total_tokens":129369,
                    "prompt_tokens_details":{"cached_tokens":72960},
                    "cache_read_input_tokens":72960,"cache_creation_input_tokens":0})",
                beside},
           Case{"OpenAI chat",
                R"({"prompt_tokens":100,"completion_tokens":10,"total_tokens":110,
                    "prompt_tokens_details":{"cached_tokens":40}})",
                within},
           Case{"OpenAI responses",
                R"({"input_tokens":100,"output_tokens":10,"total_tokens":110,
                    "input_tokens_details":{"cached_tokens":40,"cache_write_tokens":0},
                    "output_tokens_details":{"reasoning_tokens":0}})",
                within},
           Case{"DeepSeek",
                R"({"prompt_tokens":100,"completion_tokens":10,"total_tokens":110,
                    "prompt_cache_hit_tokens":40,"prompt_cache_miss_tokens":60,
                    "prompt_tokens_details":{"cached_tokens":40}})",
                within},
           Case{"Moonshot", R"({"prompt_tokens":100,"completion_tokens":10,"cached_tokens":40})",
                within},
           Case{"chat without a total, Anthropic's words within",
                R"({"prompt_tokens":100,"completion_tokens":10,"cache_read_input_tokens":40})",
                within},
           Case{"Anthropic, written for 5 minutes and an hour",
                R"({"input_tokens":30,"cache_read_input_tokens":40,
                    "cache_creation_input_tokens":30,"output_tokens":10,"cache_creation":
                    {"ephemeral_5m_input_tokens":20,"ephemeral_1h_input_tokens":10}})",
                written},
           Case{"LiteLLM, written for both",
                R"({"prompt_tokens":100,"completion_tokens":10,"total_tokens":110,
                    "prompt_tokens_details":{"cached_tokens":40,"cache_creation_tokens":30,
                    "cache_creation_token_details":{"ephemeral_5m_input_tokens":20,
                    "ephemeral_1h_input_tokens":10}},"cache_creation_input_tokens":30,
                    "cache_read_input_tokens":40})",
                written},
       }) {
    EXPECT_EQ(read(reported), provider(meant)) << what;
  }
}

TEST(UsageDialects, WritesAreToldByHowLongTheyAreKept) {
  EXPECT_EQ(read(R"({"input_tokens":100,"output_tokens":1,"total_tokens":101,
      "input_tokens_details":{"cached_tokens":0,"cache_write_tokens":70,
      "cache_write_tokens_details":{"ttl_30m_tokens":40,"ttl_12h_tokens":30}}})"),
            provider({.input_text_tokens = 30,
                      .cache_write_text_tokens = 40,
                      .output_text_tokens = 1,
                      .cache_write_12h_text_tokens = 30}));
  // The parts alone say how many there are.
  EXPECT_EQ(read(R"({"input_tokens":5,"output_tokens":1,"cache_read_input_tokens":0,
      "cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":9}})")
                .cache_write_1h_text_tokens,
            9);
}

TEST(UsageDialects, WhatDoesNotAddUpIsToldAndNeverNegative) {
  for (const auto* reported :
       {R"({"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,
            "prompt_tokens_details":{"cached_tokens":500}})",
        R"({"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,
            "cache_read_input_tokens":500})",
        R"({"prompt_tokens":10,"completion_tokens":5,"total_tokens":99})",
        R"({"input_tokens":10,"output_tokens":5,"cache_creation_input_tokens":3,
            "cache_creation":{"ephemeral_5m_input_tokens":4,"ephemeral_1h_input_tokens":4}})",
        R"({"input_tokens":10,"output_tokens":5,"cache_read_input_tokens":-7})"}) {
    const auto usage = read(reported);
    EXPECT_TRUE(usage.contradictory) << reported;
    EXPECT_GE(usage.input_tokens(), 10) << reported;
    for (const auto count : kUsageCounts) EXPECT_GE(usage.*count, 0) << reported;
  }
}

TEST(UsageDialects, ReasoningThatStandsInTheTotalAloneIsOutput) {
  EXPECT_EQ(read(R"({"prompt_tokens":100,"completion_tokens":9,"total_tokens":440,
      "completion_tokens_details":{"reasoning_tokens":331}})"),
            provider({.input_text_tokens = 100, .output_text_tokens = 9,
                      .reasoning_tokens = 331}));
}

TEST(UsageInStreams, TheLastValueHoldsAndNothingIsAdded) {
  auto usage = read(R"({"input_tokens":56322,"cache_read_input_tokens":72960,"output_tokens":1})");
  for (const auto* later : {R"({"output_tokens":40})", R"({"output_tokens":87})"}) {
    usage = read(later, usage);
  }
  EXPECT_EQ(usage, provider({.input_text_tokens = 56'322,
                             .cached_input_text_tokens = 72'960,
                             .output_text_tokens = 87}));
  // A zero that is said holds as any number does.
  EXPECT_EQ(read(R"({"output_tokens":0})", usage).output_tokens(), 0);
  EXPECT_EQ(read(R"({"prompt_tokens":0,"completion_tokens":0,"total_tokens":0})", usage),
            provider({}));
}

TEST(UsageOfTools, IsReadWhereItIsReported) {
  EXPECT_EQ(read(R"({"input_tokens":7,"output_tokens":1,"server_tool_use":
                     {"web_search_requests":3}})")
                .web_search_calls,
            3);
  EXPECT_EQ(read(R"({"prompt_tokens":7,"completion_tokens":1,"num_search_queries":21})")
                .web_search_calls,
            21);
  EXPECT_EQ(read(R"({"pages_processed":4})"), provider({.input_pages = 4}));
}

}  // namespace
}  // namespace tg::openai
