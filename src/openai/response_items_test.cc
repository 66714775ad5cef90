// SPDX-License-Identifier: Apache-2.0
#include "openai/response_items.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "openai/answer_tap.h"
#include "openai/object_answer.h"
#include "openai/request_peek.h"

namespace tg::openai {
namespace {

using Ids = std::vector<std::string>;

RequestPeek peeked(std::string_view items, Endpoint endpoint = Endpoint::kResponses) {
  const auto peek = peek_json(endpoint, fmt::format(R"({{"model":"m","input":[{}]}})", items));
  EXPECT_TRUE(peek) << items;
  return peek.value_or(RequestPeek{});
}

Ids parts_of(std::string_view output, Kept kept) {
  Answer answer;
  answer.keeps = kept;
  read_answer(Endpoint::kResponses, fmt::format(R"({{"id":"resp_1","output":[{}]}})", output),
              answer);
  Ids ids;
  for (const auto& part : answer.parts) ids.push_back(part.id);
  return ids;
}

TEST(ResponseItems, WhatOnlyNamesAnItemIsAReference) {
  for (const auto* item : {
           R"({"type":"item_reference","id":"x_1"})",
           R"({"id":"x_1"})",
           R"({"type":null,"id":"x_1"})",
           R"({"id":"x_1","role":"user"})",
           R"({"id":"x_1","type":"reasoning","summary":[]})",
           R"({"id":"x_1","type":"reasoning","summary":[],"content":[],"encrypted_content":""})",
           R"({"id":"x_1","type":"image_generation_call","result":null})",
           R"({"id":"x_1","type":"web_search_call","status":"completed","action":{}})",
           R"({"id":"x_1","type":"file_search_call","queries":["q"],"results":null})",
           R"({"id":"x_1","type":"code_interpreter_call","code":"1","outputs":null})",
           R"({"id":"x_1","type":"of_next_year","content":"text"})",
           R"({"id":"x_1","type":"message","content":"text","type":"item_reference"})",
           R"({"id":"x_1","type":"item_reference","type":"message","content":"text"})",
       }) {
    for (const auto endpoint : {Endpoint::kResponses, Endpoint::kCompact, Endpoint::kInputTokens}) {
      const auto peek = peeked(item, endpoint);
      EXPECT_EQ(peek.references, Ids{"x_1"}) << item;
      EXPECT_TRUE(peek.open_ended_input) << item;  // as long as what it stands for
    }
    EXPECT_EQ(*references_of(fmt::format(R"({{"items":[{}]}})", item)), Ids{"x_1"}) << item;
  }
  EXPECT_EQ(peeked(R"({"id":"a","id":"b"})").references, (Ids{"a", "b"}));
}

TEST(ResponseItems, WhatBringsAllThatItSaysNamesNothing) {
  for (const auto* item : {
           R"({"id":"x_1","type":"message","role":"assistant","content":[{"type":"refusal"}]})",
           R"({"id":"x_1","role":"user","content":[]})",
           R"({"role":"user","content":"a"})",
           R"({"id":"x_1","type":"function_call","call_id":"c","name":"f","arguments":"{}"})",
           R"({"id":"x_1","type":"function_call_output","call_id":"c","output":"a"})",
           R"({"id":"x_1","type":"reasoning","summary":[],"encrypted_content":"gAAA"})",
           R"({"id":"x_1","type":"reasoning","content":[{"type":"reasoning_text","text":"a"}]})",
           R"({"id":"x_1","type":"image_generation_call","result":"iVBO"})",
           R"({"type":"compaction_trigger"})",
       }) {
    EXPECT_TRUE(peeked(item).references.empty()) << item;
  }
  EXPECT_FALSE(peeked(R"({"role":"user","content":"a"})").open_ended_input);
  // Of other endpoints `input` is a text, or several.
  EXPECT_TRUE(peeked(R"("a","b")", Endpoint::kEmbeddings).references.empty());
}

TEST(ResponseItems, ContainersToolsAndApprovalsInAnItemAreNamedToo) {
  EXPECT_EQ(peeked(R"({"id":"ci_1","type":"code_interpreter_call","container_id":"cntr_1",)"
                   R"("code":"1","outputs":[]})")
                .references,
            Ids{"cntr_1"});
  EXPECT_EQ(peeked(R"({"type":"shell_call","call_id":"c","action":{},)"
                   R"("environment":{"type":"container_reference","container_id":"cntr_2"}})")
                .references,
            Ids{"cntr_2"});
  EXPECT_EQ(peeked(R"({"type":"mcp_approval_response","approval_request_id":"mcpr_1",)"
                   R"("approve":true})")
                .references,
            Ids{"mcpr_1"});
  const auto tools = peeked(R"({"type":"additional_tools","role":"developer","tools":)"
                            R"([{"type":"file_search","vector_store_ids":["vs_1"]}]})");
  EXPECT_EQ(tools.references, Ids{"vs_1"});
  EXPECT_TRUE(tools.open_ended_input);
}

TEST(ResponseItems, PromptsVoicesTunnelsAndRecordingsAreNamedToo) {
  const auto references = [](Endpoint endpoint, std::string_view body) {
    const auto peek = peek_json(endpoint, body);
    EXPECT_TRUE(peek) << body;
    return peek ? peek->references : Ids{};
  };
  EXPECT_EQ(references(Endpoint::kResponses,
                       R"({"prompt":{"id":"pmpt_1","version":"2","variables":{"file_id":"a text",)"
                       R"("attached":{"type":"input_file","file_id":"file-1"}}}})"),
            (Ids{"pmpt_1", "file-1"}));
  EXPECT_EQ(references(Endpoint::kResponses,
                       R"({"tools":[{"type":"mcp","server_label":"s","tunnel_id":"tunnel_1"}]})"),
            Ids{"tunnel_1"});
  EXPECT_EQ(references(Endpoint::kSpeech, R"({"input":"a","voice":{"id":"voice_1"}})"),
            Ids{"voice_1"});
  EXPECT_TRUE(references(Endpoint::kSpeech, R"({"input":"a","voice":"alloy"})").empty());
  EXPECT_EQ(references(Endpoint::kChatCompletions,
                       R"({"audio":{"format":"wav","voice":{"id":"voice_2"}},"messages":)"
                       R"([{"role":"assistant","audio":{"id":"audio_1"}}]})"),
            (Ids{"voice_2", "audio_1"}));
}

TEST(ResponseItems, AStoredAnswerIsKeptWithAllItsParts) {
  constexpr std::string_view kOutput =
      R"({"id":"rs_1","type":"reasoning"},{"id":"msg_1","type":"message","content":[]},)"
      R"({"id":"fc_1","type":"function_call"},{"id":"ws_1","type":"web_search_call"},)"
      R"({"id":"ci_1","type":"code_interpreter_call","container_id":"cntr_1"},)"
      R"({"id":"ci_2","type":"code_interpreter_call","container_id":"cntr_1"},)"
      R"({"id":"sh_1","type":"shell_call","environment":{"container_id":"cntr_2"}},)"
      R"({"id":null,"type":"message"},{"id":"not an id","type":"message"},7)";
  EXPECT_EQ(parts_of(kOutput, Kept::kAll),
            (Ids{"rs_1", "msg_1", "fc_1", "ws_1", "cntr_1", "ci_1", "ci_2", "sh_1", "cntr_2"}));
  // Not stored: what a client cannot send back whole may be looked up all the same.
  EXPECT_EQ(parts_of(kOutput, Kept::kUnseen),
            (Ids{"ws_1", "cntr_1", "ci_1", "ci_2", "sh_1", "cntr_2"}));
  EXPECT_TRUE(parts_of(kOutput, Kept::kNothing).empty());
  EXPECT_EQ(parts_of_response(fmt::format(R"({{"output":[{}]}})", kOutput)).size(), 9U);
}

TEST(ResponseItems, NoMoreThan256PartsOfOneAnswerAreKept) {
  std::string output = R"({"id":"x_0"})";
  for (int number = 1; number < 300; ++number) {
    output += fmt::format(R"(,{{"id":"x_{}"}})", number);
  }
  EXPECT_EQ(parts_of(output, Kept::kAll).size(), 256U);
}

TEST(ResponseItems, AStreamTellsItsPartsAtItsEnd) {
  Answer answer;
  answer.keeps = Kept::kAll;
  const auto feed = [&answer](std::string_view data) {
    (void)read_event(Endpoint::kResponses, {}, data, true, answer);
  };
  feed(R"({"type":"response.created","response":{"id":"resp_1","output":[]}})");
  feed(R"({"type":"response.output_item.done","item":{"id":"msg_1","type":"message"}})");
  EXPECT_TRUE(answer.parts.empty());
  feed(R"({"type":"response.completed","response":{"id":"resp_1",)"
       R"("output":[{"id":"msg_1","type":"message"}]}})");
  ASSERT_EQ(answer.parts.size(), 1U);
  EXPECT_EQ(answer.parts[0].id, "msg_1");
}

TEST(ResponseItems, ARecordingIsKeptWhetherItStreamsOrNot) {
  Answer whole;
  whole.keeps = Kept::kUnseen;
  read_answer(Endpoint::kChatCompletions,
              R"({"choices":[{"message":{"audio":{"id":"audio_1","data":"UklG"}}}]})", whole);
  ASSERT_EQ(whole.parts.size(), 1U);
  EXPECT_EQ(whole.parts[0].id, "audio_1");
  Answer stream;
  stream.keeps = Kept::kUnseen;
  for (int twice = 0; twice < 2; ++twice) {
    (void)read_event(Endpoint::kChatCompletions, {},
                     R"({"choices":[{"delta":{"audio":{"id":"audio_1"}}}]})", true, stream);
  }
  EXPECT_EQ(stream.parts.size(), 1U);
}

}  // namespace
}  // namespace tg::openai
