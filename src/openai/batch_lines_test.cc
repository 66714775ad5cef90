// SPDX-License-Identifier: Apache-2.0
#include "openai/batch_lines.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tg::openai {
namespace {

std::vector<std::string> cut(const std::vector<std::string_view>& pieces) {
  Lines lines{100};
  std::vector<std::string> all;
  const auto take = [&] {
    while (const auto line = lines.next()) all.emplace_back(*line);
  };
  for (const auto piece : pieces) {
    EXPECT_TRUE(lines.feed(piece));
    take();
  }
  lines.finish();
  take();
  return all;
}

TEST(BatchLines, AreTheSameHoweverTheyComeInPieces) {
  const std::vector<std::string> expected{"first", "second", "third"};
  EXPECT_EQ(cut({"first\nsecond\r\n\nthird"}), expected);
  EXPECT_EQ(cut({"fir", "st\nsec", "ond\r", "\n\n", "third", "\n"}), expected);
  EXPECT_TRUE(cut({"", "\n\n"}).empty());
}

TEST(BatchLines, ALineThatIsTooLongIsRefused) {
  Lines lines{10};
  EXPECT_TRUE(lines.feed("0123456789\n0123456789\n"));
  while (lines.next()) {
  }
  EXPECT_TRUE(lines.feed("0123456789"));
  EXPECT_FALSE(lines.feed("0"));
}

TEST(BatchLines, ALineIsTheCallThatItWillBe) {
  const auto line = read_batch_line(
      R"({"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":)"
      R"({"model":"gpt-5","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}})");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->endpoint, Endpoint::kChatCompletions);
  EXPECT_EQ(line->request.model, "gpt-5");
  EXPECT_EQ(line->request.output_tokens_max, 9);
}

TEST(BatchLines, WhatCannotBeBoundedIsRefused) {
  for (const auto* text :
       {"[]", "{", R"({"url":"/v1/responses"})", R"({"body":{}})",
        R"({"url":"/v1/responses","body":[]})", R"({"url":"/v1/audio/speech","body":{}})",
        R"({"url":"/v1/engines/ada/completions","body":{}})", R"({"url":"/v1/files","body":{}})",
        R"({"url":"/v1/responses","body":{"stream":true}})",
        R"({"url":"/v1/responses","body":{"background":true}})",
        R"({"url":"/v1/responses","body":{"model":"a","model":"b"}})",
        R"({"url":"/v1/responses","body":{"model":"a"},"body":{"model":"b"}})"}) {
    EXPECT_FALSE(read_batch_line(text)) << text;
  }
}

TEST(BatchLines, AResultSaysWhatItsAnswerUsed) {
  const auto answer = read_batch_result(
      Endpoint::kChatCompletions,
      R"({"custom_id":"a","error":null,"response":{"status_code":200,"body":{"model":"gpt-5",)"
      R"("choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}}})");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->served_model, "gpt-5");
  EXPECT_EQ(answer->usage.input_tokens(), 3);
  EXPECT_EQ(answer->usage.output_tokens(), 4);
  for (const auto* none :
       {R"({"response":{"status_code":500,"body":{}}})", R"({"response":null,"error":{}})", "{",
        R"({"response":{"status_code":200,"body":"text"}})"}) {
    EXPECT_FALSE(read_batch_result(Endpoint::kChatCompletions, none)) << none;
  }
}

}  // namespace
}  // namespace tg::openai
