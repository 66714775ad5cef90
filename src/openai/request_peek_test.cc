// SPDX-License-Identifier: Apache-2.0
#include "openai/request_peek.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace tg::openai {
namespace {

constexpr auto kChat = Endpoint::kChatCompletions;

RequestPeek peeked(Endpoint endpoint, std::string_view body) {
  auto peek = peek_json(endpoint, body);
  EXPECT_TRUE(peek) << body;
  return peek.value_or(RequestPeek{});
}

Code refused(Endpoint endpoint, std::string_view body) {
  const auto peek = peek_json(endpoint, body);
  EXPECT_FALSE(peek) << body;
  return peek ? Code::kInternal : peek.error().code;
}

TEST(RequestPeek, ReadsWhatDecidesAChatCall) {
  constexpr std::string_view kBody =
      R"({"model":"gpt-5","messages":[{"role":"user","content":"hi"}],"stream":true,"n":3,)"
      R"("max_completion_tokens":50,"service_tier":"flex",)"
      R"("stream_options":{"include_usage":true}})";
  const auto peek = peeked(kChat, kBody);
  EXPECT_EQ(peek.model, "gpt-5");
  EXPECT_TRUE(peek.stream);
  EXPECT_TRUE(peek.usage_wanted);
  EXPECT_EQ(peek.choices, 3);
  EXPECT_EQ(peek.output_tokens_max, 50);
  EXPECT_EQ(peek.service_tier, "flex");
  EXPECT_EQ(peek.input_bytes, static_cast<std::int64_t>(kBody.size()));
  EXPECT_EQ(peek.images, 0);
  EXPECT_FALSE(peek.open_ended_input);
}

TEST(RequestPeek, NullCountsAsAbsent) {
  const auto peek = peeked(kChat, R"({"model":null,"stream":null,"n":null,"max_tokens":null})");
  EXPECT_EQ(peek.model, "");
  EXPECT_FALSE(peek.stream);
  EXPECT_EQ(peek.choices, 1);
  EXPECT_FALSE(peek.output_tokens_max);
}

TEST(RequestPeek, BodyMustBeOneJsonObjectAndNothingAfterIt) {
  for (const auto* body : {"", " ", "{", "{}}", "{} {}", "{\"a\":1,}", "{'a':1}", "{\"a\":[}]}",
                           "{\"a\":\"\xff\"}", "\xEF\xBB\xBF{}", "nonsense", "{\"a\":1}x"}) {
    EXPECT_EQ(refused(kChat, body), Code::kBodyNotJson) << body;
  }
  for (const auto* body : {"[]", "1", "null", "\"text\""}) {
    EXPECT_EQ(refused(kChat, body), Code::kBodyMalformed) << body;
  }
  EXPECT_EQ(refused(kChat, std::string(2000, '[') + std::string(2000, ']')), Code::kBodyMalformed);
  EXPECT_TRUE(peeked(kChat, " \n{ } \r\n").empty_object);
}

TEST(RequestPeek, FieldThatAnUpstreamMightReadDifferentlyIsRefused) {
  for (const auto* body : {
           R"({"model":"cheap","model":"dear"})",
           R"({"model":"cheap","mod\u0065l":"dear"})",
           R"({"model":"cheap","Model":"dear"})",
           R"({"MODEL":"dear"})",
           R"({"max_tokens":1,"max_tokens":100000})",
           R"({"max_tokens":1,"max_to\u212Aens":100000})",
           R"({"\u017Ftream":true})",
           R"({"stream_options":{"include_usage":true,"include_usage":false}})",
       }) {
    EXPECT_EQ(refused(kChat, body), Code::kBodyMalformed) << body;
  }
  EXPECT_EQ(peeked(kChat, R"({"Unknown":1,"Unknown":2,"model":"m"})").model, "m");
}

TEST(RequestPeek, FieldOfTheWrongTypeIsRefused) {
  for (const auto* body :
       {R"({"model":1})", R"({"model":["a"]})", R"({"model":"a\u0000"})", R"({"stream":"true"})",
        R"({"n":1.5})", R"({"n":-1})", R"({"n":"2"})", R"({"max_tokens":-1})",
        R"({"max_tokens":1.5})", R"({"max_tokens":"9"})", R"({"max_tokens":18446744073709551615})",
        R"({"stream_options":[]})", R"({"stream_options":{"include_usage":1}})",
        R"({"service_tier":1})", R"({"n":1000001})"}) {
    EXPECT_EQ(refused(kChat, body), Code::kBodyMalformed) << body;
  }
  EXPECT_EQ(refused(kChat, fmt::format(R"({{"model":"{}"}})", std::string(300, 'm'))),
            Code::kBodyMalformed);
}

TEST(RequestPeek, OutputIsBoundedOnlyByTheFieldThatTheEndpointReads) {
  EXPECT_EQ(peeked(kChat, R"({"max_tokens":5,"max_completion_tokens":9})").output_tokens_max, 9);
  EXPECT_FALSE(peeked(kChat, R"({"max_output_tokens":5})").output_tokens_max);
  EXPECT_FALSE(peeked(Endpoint::kResponses, R"({"max_tokens":5})").output_tokens_max);
  EXPECT_EQ(peeked(Endpoint::kResponses, R"({"max_output_tokens":5})").output_tokens_max, 5);
  EXPECT_EQ(peeked(Endpoint::kCompletions, R"({"max_tokens":0})").output_tokens_max, 0);
  EXPECT_EQ(peeked(kChat, R"({"max_tokens":9007199254740991})").output_tokens_max, 1'000'000'000);
}

TEST(RequestPeek, EachPromptOfACompletionMultipliesItsChoices) {
  const auto choices = [](std::string_view body) {
    return peeked(Endpoint::kCompletions, body).choices;
  };
  EXPECT_EQ(choices(R"({"prompt":"a","n":2})"), 2);
  EXPECT_EQ(choices(R"({"prompt":"a","n":2,"best_of":5})"), 5);
  EXPECT_EQ(choices(R"({"prompt":["a","b","c"],"n":2})"), 6);
  EXPECT_EQ(choices(R"({"prompt":[1,2,3],"n":2})"), 2);
  EXPECT_EQ(choices(R"({"prompt":[[1],[2,3]],"n":0})"), 2);
  EXPECT_EQ(peeked(kChat, R"({"best_of":5})").choices, 1);
  EXPECT_EQ(refused(Endpoint::kCompletions, R"({"prompt":["a","b"],"n":900000})"),
            Code::kBodyMalformed);
}

TEST(RequestPeek, InlineImageCountsAsAnImageAndNotAsText) {
  const std::string data = "data:image/png;base64," + std::string(5000, 'A');
  const auto body =
      fmt::format(R"({{"messages":[{{"role":"user","content":[{{"type":"text","text":"what?"}},)"
                  R"({{"type":"image_url","image_url":{{"url":"{}"}}}}]}}]}})",
                  data);
  const auto peek = peeked(kChat, body);
  EXPECT_EQ(peek.images, 1);
  EXPECT_EQ(peek.input_bytes, static_cast<std::int64_t>(body.size() - data.size()));
  EXPECT_FALSE(peek.open_ended_input);

  const auto response = fmt::format(
      R"({{"input":[{{"role":"user","content":[{{"type":"input_image","image_url":"{}"}}]}},)"
      R"({{"type":"function_call_output","output":[{{"type":"input_image","file_id":"f"}}]}}]}})",
      data);
  const auto responses = peeked(Endpoint::kResponses, response);
  EXPECT_EQ(responses.images, 2);
  EXPECT_EQ(responses.input_bytes, static_cast<std::int64_t>(response.size() - data.size()));
  EXPECT_FALSE(responses.open_ended_input);
}

TEST(RequestPeek, ImageUrlThatHoldsTextStillCountsItsBytes) {
  const std::string body = R"({"messages":[{"content":[{"type":"image_url",)"
                           R"("image_url":{"url":"data:text/plain,abc"}}]}]})";
  EXPECT_EQ(peeked(kChat, body).input_bytes, static_cast<std::int64_t>(body.size()));
}

TEST(RequestPeek, AudioAndFilesCountAsMediaWhoseTextIsNotInTheRequest) {
  const auto audio = peeked(kChat, R"({"messages":[{"content":[{"type":"input_audio",)"
                                   R"("input_audio":{"data":"AAAA","format":"wav"}}]}]})");
  EXPECT_EQ(audio.images, 1);
  EXPECT_TRUE(audio.open_ended_input);
  const auto file = peeked(Endpoint::kResponses,
                           R"({"input":[{"content":[{"type":"input_file","file_id":"f"}]}]})");
  EXPECT_EQ(file.images, 1);
  EXPECT_TRUE(file.open_ended_input);
}

TEST(RequestPeek, WhatPointsOutsideTheRequestIsOpenEnded) {
  for (const auto* body : {
           R"({"previous_response_id":"resp_1"})",
           R"({"conversation":"conv_1"})",
           R"({"prompt":{"id":"pmpt_1"}})",
           R"({"tools":[{"type":"function","name":"f"},{"type":"web_search"}]})",
           R"({"input":[{"type":"item_reference","id":"x"}]})",
           R"({"input":[{"type":"something_new"}]})",
       }) {
    EXPECT_TRUE(peeked(Endpoint::kResponses, body).open_ended_input) << body;
  }
  EXPECT_TRUE(peeked(kChat, R"({"web_search_options":{}})").open_ended_input);
  EXPECT_TRUE(peeked(kChat, R"({"messages":[{"audio":{"id":"a"}}]})").open_ended_input);
  for (const auto* body : {
           R"({"previous_response_id":null,"conversation":null,"prompt":null,"tools":null})",
           R"({"tools":[{"type":"function","name":"f"}],"input":"hi"})",
           R"({"input":[{"type":"message","role":"user","content":"hi"}]})",
       }) {
    EXPECT_FALSE(peeked(Endpoint::kResponses, body).open_ended_input) << body;
  }
  EXPECT_FALSE(peeked(Endpoint::kCompletions, R"({"prompt":"text"})").open_ended_input);
}

TEST(RequestPeek, SpeechIsMeasuredInCodePoints) {
  const auto peek =
      peeked(Endpoint::kSpeech, R"({"input":"a\u00e9\ud83d\ude42漢","stream_format":"sse"})");
  EXPECT_EQ(peek.input_characters, 4);
  EXPECT_TRUE(peek.stream);
  EXPECT_EQ(refused(Endpoint::kSpeech, R"({"input":[1]})"), Code::kBodyMalformed);
}

TEST(RequestPeek, ImageRequestSaysHowManyAndWhich) {
  const auto peek = peeked(Endpoint::kImageGenerations,
                           R"({"prompt":"a cat","n":4,"size":"1024x1024","quality":"high"})");
  EXPECT_EQ(peek.model, "");
  EXPECT_EQ(peek.choices, 4);
  EXPECT_EQ(peek.size, "1024x1024");
  EXPECT_EQ(peek.quality, "high");
  EXPECT_FALSE(peek.open_ended_input);
}

TEST(RequestPeek, LargeBodyIsReadLikeASmallOne) {
  const auto body =
      fmt::format(R"({{"messages":[{{"content":"{}"}}],"model":"m"}})", std::string(600'000, 'x'));
  const auto peek = peeked(kChat, body);
  EXPECT_EQ(peek.model, "m");
  ASSERT_TRUE(peek.model_value);
  EXPECT_EQ(body.substr(peek.model_value->offset, peek.model_value->size), "\"m\"");
}

TEST(RequestForm, ReadsTheTextFieldsOfAnUpload) {
  const std::vector<FormField> fields = {{"model", "whisper-1"}, {"response_format", "text"},
                                         {"stream", "true"},     {"prompt", "names: Ada"},
                                         {"include[]", "a"},     {"include[]", "b"}};
  const auto peek = peek_form(Endpoint::kTranscriptions, fields);
  ASSERT_TRUE(peek);
  EXPECT_EQ(peek->model, "whisper-1");
  EXPECT_EQ(peek->response_format, "text");
  EXPECT_TRUE(peek->stream);
  EXPECT_GE(peek->input_bytes, 10);
  EXPECT_FALSE(peek->model_value);
}

TEST(RequestForm, FieldGivenTwiceOrOfTheWrongTypeIsRefused) {
  using Fields = std::vector<FormField>;
  for (const auto& fields : {Fields{{"model", "a"}, {"model", "b"}}, Fields{{"n", "two"}},
                             Fields{{"n", "-1"}}, Fields{{"n", "1.5"}}, Fields{{"stream", "maybe"}},
                             Fields{{"model", "\xff"}}, Fields{{"model", std::string(1, '\0')}}}) {
    const auto peek = peek_form(Endpoint::kImageEdits, fields);
    ASSERT_FALSE(peek);
    EXPECT_EQ(peek.error().code, Code::kBodyMalformed);
  }
}

TEST(RequestPeek, KnowsOutputThatDoesNotPassAsText) {
  EXPECT_FALSE(peeked(kChat, R"({"model":"m"})").unseen_output);
  EXPECT_FALSE(peeked(kChat, R"({"modalities":["text"]})").unseen_output);
  EXPECT_TRUE(peeked(kChat, R"({"modalities":["text","audio"]})").unseen_output);
  EXPECT_TRUE(peeked(kChat, R"({"prediction":{"type":"content","content":"x"}})").unseen_output);
  EXPECT_TRUE(peeked(Endpoint::kCompletions, R"({"best_of":3})").unseen_output);
  EXPECT_FALSE(peeked(Endpoint::kCompletions, R"({"best_of":1})").unseen_output);
}

TEST(RequestPeek, KnowsThatToolsAreDescribed) {
  EXPECT_FALSE(peeked(kChat, R"({"tools":null})").tools);
  const auto peek = peeked(kChat, R"({"tools":[{"type":"function","function":{"name":"f"}}]})");
  EXPECT_TRUE(peek.tools);
  EXPECT_FALSE(peek.open_ended_input);
}

TEST(RequestPeek, NamesTheObjectsThatARequestPointsTo) {
  const auto peek = peeked(
      Endpoint::kResponses,
      R"({"model":"gpt-5","previous_response_id":"resp_1","conversation":{"id":"conv_1"},)"
      R"("input":[{"role":"user","content":[{"type":"input_file","file_id":"file-1"}]}],)"
      R"("tools":[{"type":"file_search","vector_store_ids":["vs_1","vs_2"]},)"
      R"({"type":"code_interpreter","container":{"type":"auto","file_ids":["file-2"]}},)"
      R"({"type":"function","name":"f","parameters":{"properties":{"file_id":"not-one"}}}]})");
  EXPECT_EQ(peek.references,
            (std::vector<std::string>{"resp_1", "conv_1", "vs_1", "vs_2", "file-2", "file-1"}));
  const auto chat =
      peeked(kChat, R"({"model":"m","messages":[{"role":"user","content":[{"type":"file","file":)"
                    R"({"file_id":"file-3"}}]}],"tools":[]})");
  EXPECT_EQ(chat.references, std::vector<std::string>{"file-3"});
  EXPECT_TRUE(
      peeked(kChat, R"({"messages":[{"role":"user","content":"file_id"}]})").references.empty());
}

TEST(RequestPeek, SaysWhatIsKeptAndWhatGoesOn) {
  const auto peek = peeked(Endpoint::kResponses, R"({"store":false,"background":true})");
  EXPECT_EQ(peek.store, false);
  EXPECT_TRUE(peek.background);
  EXPECT_FALSE(peeked(Endpoint::kResponses, R"({"store":null})").store);
  EXPECT_EQ(refused(Endpoint::kResponses, R"({"background":"yes"})"), Code::kBodyMalformed);
}

}  // namespace
}  // namespace tg::openai
