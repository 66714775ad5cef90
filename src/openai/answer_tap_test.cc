// SPDX-License-Identifier: Apache-2.0
#include "openai/answer_tap.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace tg::openai {
namespace {

constexpr auto kChat = Endpoint::kChatCompletions;

Answer read(Endpoint endpoint, std::string_view body) {
  Answer answer;
  read_answer(endpoint, body, answer);
  EXPECT_TRUE(answer.finished);
  return answer;
}

Usage usage_of(Endpoint endpoint, std::string_view usage) {
  return read(endpoint, fmt::format(R"({{"usage":{}}})", usage)).usage;
}

Usage provider(Usage usage) {
  usage.source = UsageSource::kProvider;
  return usage;
}

TEST(AnswerTap, ReadsAWholeChatAnswer) {
  const auto answer = read(
      kChat,
      R"({"id":"x","model":"gpt-5-2026","choices":[{"message":{"content":"hello","tool_calls":)"
      R"([{"function":{"name":"f","arguments":"{}"}}]},"finish_reason":"stop"}],)"
      R"("usage":{"prompt_tokens":9,"completion_tokens":12,"total_tokens":21}})");
  EXPECT_EQ(answer.served_model, "gpt-5-2026");
  EXPECT_EQ(answer.output_bytes, 8);
  EXPECT_TRUE(answer.finish_reason_seen);
  EXPECT_FALSE(answer.failed);
  EXPECT_EQ(answer.usage, provider({.input_text_tokens = 9, .output_text_tokens = 12}));
}

// PostgreSQL takes neither a zero byte nor half a character, and the ledger would wait for ever.
TEST(AnswerTap, TheServedModelIsWholeCharactersWithoutAZeroByte) {
  EXPECT_EQ(read(kChat, R"({"model":"gpt\u0000-5"})").served_model, "gpt");
  const auto cut = fmt::format(R"({{"model":"{}ä"}})", std::string(127, 'm'));
  EXPECT_EQ(read(kChat, cut).served_model, std::string(127, 'm'));
  const auto fits = fmt::format(R"({{"model":"{}ä!"}})", std::string(126, 'm'));
  EXPECT_EQ(read(kChat, fits).served_model, std::string(126, 'm') + "ä");
}

TEST(AnswerTap, UsageInTheTextIsNotTheUsage) {
  const auto answer =
      read(kChat, R"({"choices":[{"message":{"content":"\"usage\":{\"prompt_tokens\":999}"}}],)"
                  R"("tools":[{"usage":{"prompt_tokens":888}}],)"
                  R"("usage":{"prompt_tokens":1,"completion_tokens":2}})");
  EXPECT_EQ(answer.usage.input_text_tokens, 1);
  EXPECT_EQ(read(kChat, R"({"x":{"usage":{"prompt_tokens":8}}})").usage.source, UsageSource::kNone);
}

TEST(AnswerTap, PartsAreTakenOutOfTheirTotals) {
  EXPECT_EQ(usage_of(kChat, R"({"prompt_tokens":100,"completion_tokens":50,"prompt_tokens_details":
      {"cached_tokens":30,"audio_tokens":20,"image_tokens":10,"cache_write_tokens":5},
      "completion_tokens_details":{"reasoning_tokens":25,"audio_tokens":15,
      "rejected_prediction_tokens":3}})"),
            provider({.input_text_tokens = 35,
                      .input_audio_tokens = 20,
                      .input_image_tokens = 10,
                      .cached_input_text_tokens = 30,
                      .cache_write_text_tokens = 5,
                      .output_text_tokens = 10,
                      .output_audio_tokens = 15,
                      .reasoning_tokens = 25}));
  EXPECT_EQ(usage_of(Endpoint::kResponses,
                     R"({"input_tokens":36,"input_tokens_details":{"cached_tokens":16},
      "output_tokens":87,"output_tokens_details":{"reasoning_tokens":64},"total_tokens":123})"),
            provider({.input_text_tokens = 20,
                      .cached_input_text_tokens = 16,
                      .output_text_tokens = 23,
                      .reasoning_tokens = 64}));
}

TEST(AnswerTap, CachedTokensBeyondTheTextAreAudioThenImages) {
  EXPECT_EQ(usage_of(kChat, R"({"prompt_tokens":100,"completion_tokens":0,"prompt_tokens_details":
      {"cached_tokens":95,"audio_tokens":20,"image_tokens":10}})"),
            provider({.input_image_tokens = 5,
                      .cached_input_text_tokens = 70,
                      .cached_input_audio_tokens = 20,
                      .cached_input_image_tokens = 5}));
  EXPECT_EQ(usage_of(kChat, R"({"prompt_tokens":100,"prompt_tokens_details":
      {"cached_tokens":15,"audio_tokens":20,"cached_tokens_details":{"audio_tokens":10}}})"),
            provider({.input_text_tokens = 75,
                      .input_audio_tokens = 10,
                      .cached_input_text_tokens = 5,
                      .cached_input_audio_tokens = 10}));
}

TEST(AnswerTap, PartsThatExceedTheirTotalAreTheLargerReading) {
  const auto usage =
      usage_of(kChat, R"({"prompt_tokens":10,"completion_tokens":5,"prompt_tokens_details":
      {"cached_tokens":500,"audio_tokens":7,"image_tokens":700,"cache_write_tokens":9},
      "completion_tokens_details":{"reasoning_tokens":600,"audio_tokens":9}})");
  EXPECT_TRUE(usage.contradictory);
  EXPECT_EQ(usage.input_tokens(), 707);
  EXPECT_EQ(usage.output_tokens(), 609);
  EXPECT_EQ(usage.reasoning_tokens, 600);
}

TEST(AnswerTap, CountThatIsNoWholeNumberUpTo2To53IsNotReported) {
  for (const auto* count :
       {"-1", "1.5", "\"9\"", "null", "[]", "9007199254740993", "18446744073709551615", "true"}) {
    EXPECT_EQ(usage_of(kChat, fmt::format(R"({{"prompt_tokens":{}}})", count)).source,
              UsageSource::kNone)
        << count;
  }
  EXPECT_EQ(usage_of(kChat, R"({"prompt_tokens":9007199254740992})").input_text_tokens,
            std::int64_t{1} << 53);
}

TEST(AnswerTap, MissingTotalFollowsFromTheOtherTwo) {
  EXPECT_EQ(usage_of(Endpoint::kEmbeddings, R"({"prompt_tokens":8,"total_tokens":8})"),
            provider({.input_text_tokens = 8}));
  EXPECT_EQ(usage_of(Endpoint::kEmbeddings, R"({"total_tokens":8})"),
            provider({.input_text_tokens = 8}));
  EXPECT_EQ(usage_of(kChat, R"({"prompt_tokens":8,"total_tokens":11})").output_text_tokens, 3);
}

TEST(AnswerTap, LargeEmbeddingsAreReadFromTheirEnd) {
  std::string vectors = R"({"object":"embedding","embedding":[0.5)";
  for (int i = 0; i < 5000; ++i) vectors += ",-0.0123";
  const auto answer = read(
      Endpoint::kEmbeddings,
      fmt::format(R"({{"object":"list","data":[{}]}}],"model":"e-3","usage":{{"prompt_tokens":5,)"
                  R"("prompt_tokens_details":{{"cached_tokens":1}},"total_tokens":5}}}})",
                  vectors));
  EXPECT_EQ(answer.usage, provider({.input_text_tokens = 4, .cached_input_text_tokens = 1}));
  EXPECT_EQ(answer.served_model, "e-3");
  const auto first =
      read(Endpoint::kEmbeddings,
           fmt::format(R"({{"usage":{{"prompt_tokens":5}},"data":[{}]}}]}})", vectors));
  EXPECT_EQ(first.usage.input_text_tokens, 5);
}

TEST(AnswerTap, ImagesAreCountedAndTheirTokensSplit) {
  const auto answer = read(Endpoint::kImageGenerations,
                           R"({"data":[{"b64_json":"AA"},{"b64_json":"BB"}],"usage":)"
                           R"({"input_tokens":60,"output_tokens":4000,"total_tokens":4060,)"
                           R"("input_tokens_details":{"text_tokens":10,"image_tokens":50}}})");
  EXPECT_EQ(answer.images, 2);
  EXPECT_EQ(answer.usage, provider({.input_text_tokens = 10,
                                    .input_image_tokens = 50,
                                    .output_image_tokens = 4000,
                                    .output_images = 2}));
  const auto plain = read(Endpoint::kImageGenerations, R"({"data":[{"url":"https://x"}]})");
  EXPECT_EQ(plain.images, 1);
  EXPECT_EQ(plain.usage.source, UsageSource::kNone);
}

TEST(AnswerTap, TranscriptsAreReadInEachOfTheirForms) {
  const auto tokens = read(Endpoint::kTranscriptions,
                           R"({"text":"hi","usage":{"type":"tokens","input_tokens":14,)"
                           R"("input_token_details":{"text_tokens":4,"audio_tokens":10},)"
                           R"("output_tokens":3,"total_tokens":17}})");
  EXPECT_EQ(tokens.usage,
            provider({.input_text_tokens = 4, .input_audio_tokens = 10, .output_text_tokens = 3}));
  EXPECT_EQ(tokens.output_bytes, 2);
  EXPECT_EQ(read(Endpoint::kTranscriptions, R"({"usage":{"type":"duration","seconds":9}})").usage,
            provider({.input_milliseconds = 9000}));
  EXPECT_EQ(read(Endpoint::kTranslations, R"({"duration":8.47,"text":""})").usage,
            provider({.input_milliseconds = 8470}));
  EXPECT_EQ(read(Endpoint::kTranscriptions, R"({"duration":"8.4701"})").usage.input_milliseconds,
            8471);
  const auto text = read(Endpoint::kTranscriptions, "hello there\n");
  EXPECT_EQ(text.usage.source, UsageSource::kNone);
  EXPECT_EQ(text.output_bytes, 12);
}

TEST(AnswerTap, FailedResponseIsToldFromACompletedOne) {
  EXPECT_TRUE(read(Endpoint::kResponses, R"({"status":"failed","usage":null})").failed);
  const auto done = read(Endpoint::kResponses,
                         R"({"status":"completed","error":null,"model":"m","output":[)"
                         R"({"type":"message","content":[{"type":"output_text","text":"four"}]},)"
                         R"({"type":"function_call","arguments":"{}"}]})");
  EXPECT_FALSE(done.failed);
  EXPECT_EQ(done.output_bytes, 6);
}

TEST(AnswerTap, ChatStreamIsCountedAndEndsWithDone) {
  Answer answer;
  const auto pass = [&](std::string_view data, bool wanted = false) {
    return read_event(kChat, "", data, wanted, answer);
  };
  EXPECT_EQ(pass(R"({"model":"m-1","choices":[{"delta":{"role":"assistant","content":""}}]})"),
            Relay::kPass);
  EXPECT_EQ(pass(R"({"choices":[{"delta":{"content":"héllo"}}],"usage":null})"), Relay::kPass);
  EXPECT_EQ(pass(R"({"choices":[{"delta":{"tool_calls":[{"function":{"arguments":"{}"}}]}}]})"),
            Relay::kPass);
  EXPECT_FALSE(answer.finish_reason_seen);
  EXPECT_EQ(pass(R"({"choices":[{"delta":{},"finish_reason":"stop"}],"usage":null})"),
            Relay::kPass);
  EXPECT_TRUE(answer.finish_reason_seen);
  constexpr std::string_view kUsage =
      R"({"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}})";
  EXPECT_EQ(pass(kUsage, true), Relay::kPass);
  EXPECT_EQ(pass(kUsage), Relay::kDrop);
  EXPECT_FALSE(answer.finished);
  EXPECT_EQ(pass("[DONE]"), Relay::kPass);
  EXPECT_TRUE(answer.finished);
  EXPECT_EQ(answer.output_bytes, 8);
  EXPECT_EQ(answer.served_model, "m-1");
  EXPECT_EQ(answer.usage, provider({.input_text_tokens = 3, .output_text_tokens = 4}));
}

TEST(AnswerTap, OnlyTheChunkThatWeAskedForIsDropped) {
  Answer answer;
  for (const auto* data : {
           R"({"choices":[],"prompt_filter_results":[]})",
           R"({"choices":[],"usage":null})",
           R"({"choices":[{"delta":{}}],"usage":{"prompt_tokens":1}})",
           R"({"usage":{"prompt_tokens":1}})",
           "not json",
           "",
       }) {
    EXPECT_EQ(read_event(kChat, "", data, false, answer), Relay::kPass) << data;
  }
}

TEST(AnswerTap, LastOfSeveralUsagesHolds) {
  Answer answer;
  for (const auto* data : {R"({"choices":[{}],"usage":{"prompt_tokens":3,"completion_tokens":1}})",
                           R"({"choices":[{}],"usage":{"prompt_tokens":3,"completion_tokens":9}})",
                           R"({"choices":[{}],"usage":{}})"}) {
    (void)read_event(kChat, "", data, true, answer);
  }
  EXPECT_EQ(answer.usage, provider({.input_text_tokens = 3, .output_text_tokens = 9}));
}

TEST(AnswerTap, ErrorInAStreamIsSeen) {
  Answer chat;
  (void)read_event(kChat, "", R"({"error":{"message":"x"}})", false, chat);
  EXPECT_TRUE(chat.failed);
  Answer harmless;
  (void)read_event(kChat, "", R"({"error":null,"choices":[]})", false, harmless);
  EXPECT_FALSE(harmless.failed);
  Answer responses;
  (void)read_event(Endpoint::kResponses, "error", R"({"type":"error","message":"x"})", false,
                   responses);
  EXPECT_TRUE(responses.failed);
  EXPECT_FALSE(responses.finished);
}

TEST(AnswerTap, ResponsesStreamEndsWithItsTerminalEvent) {
  constexpr auto kEndpoint = Endpoint::kResponses;
  for (const std::string status : {"completed", "failed", "incomplete"}) {
    Answer answer;
    (void)read_event(kEndpoint, "response.created",
                     R"({"type":"response.created","response":{"model":"m","usage":null}})", false,
                     answer);
    (void)read_event(kEndpoint, "", R"({"type":"response.output_text.delta","delta":"hello"})",
                     false, answer);
    (void)read_event(kEndpoint, "response.reasoning_text.delta", R"({"delta":"hm"})", false,
                     answer);
    (void)read_event(kEndpoint, "", R"({"type":"response.audio.delta","delta":"AAAA"})", false,
                     answer);
    EXPECT_FALSE(answer.finished);
    const auto last = fmt::format(
        R"({{"type":"response.{0}","response":{{"status":"{0}","output":[{{"type":"message",)"
        R"("content":[{{"text":"hello"}}]}}],"usage":{{"input_tokens":1,"output_tokens":2}}}}}})",
        status);
    EXPECT_EQ(read_event(kEndpoint, "", last, false, answer), Relay::kPass);
    EXPECT_TRUE(answer.finished);
    EXPECT_EQ(answer.failed, status == "failed");
    EXPECT_EQ(answer.output_bytes, 7);
    EXPECT_EQ(answer.served_model, "m");
    EXPECT_EQ(answer.usage, provider({.input_text_tokens = 1, .output_text_tokens = 2}));
  }
}

TEST(AnswerTap, MediaStreamsEndWithTheirOwnEvents) {
  Answer image;
  (void)read_event(Endpoint::kImageGenerations, "image_generation.partial_image", "{", false,
                   image);
  (void)read_event(Endpoint::kImageGenerations, "",
                   R"({"type":"image_generation.completed","b64_json":"AA","usage":)"
                   R"({"input_tokens":5,"output_tokens":100}})",
                   false, image);
  EXPECT_TRUE(image.finished);
  EXPECT_EQ(image.images, 1);
  EXPECT_EQ(image.usage,
            provider({.input_text_tokens = 5, .output_image_tokens = 100, .output_images = 1}));
  Answer transcript;
  (void)read_event(Endpoint::kTranscriptions, "", R"({"type":"transcript.text.delta","delta":"a"})",
                   false, transcript);
  EXPECT_FALSE(transcript.finished);
  (void)read_event(Endpoint::kTranscriptions, "",
                   R"({"type":"transcript.text.done","text":"a","usage":{"type":"tokens",)"
                   R"("input_tokens":14,"input_token_details":{"audio_tokens":14},)"
                   R"("output_tokens":1}})",
                   false, transcript);
  EXPECT_TRUE(transcript.finished);
  EXPECT_EQ(transcript.usage, provider({.input_audio_tokens = 14, .output_text_tokens = 1}));
  Answer speech;
  (void)read_event(Endpoint::kSpeech, "",
                   R"({"type":"speech.audio.done","usage":{"input_tokens":7,"output_tokens":90}})",
                   false, speech);
  EXPECT_TRUE(speech.finished);
  EXPECT_EQ(speech.usage, provider({.input_text_tokens = 7, .output_audio_tokens = 90}));
}

TEST(AnswerTap, WhatShouldBeJsonAndIsNoneIsNotFinished) {
  const auto finished = [](Endpoint endpoint, std::string_view body) {
    Answer answer;
    read_answer(endpoint, body, answer);
    return answer.finished;
  };
  for (const auto* body :
       {"", "no JSON", R"({"id":"chatcmpl-1",")", R"({"choices":[]} x)", "[1]"}) {
    EXPECT_FALSE(finished(kChat, body)) << body;
  }
  EXPECT_TRUE(finished(kChat, R"({"usage":{"prompt_tokens":18446744073709551617}})"))
      << "JSON has no largest number";
  EXPECT_TRUE(finished(Endpoint::kTranscriptions, "WEBVTT"));
}

TEST(AnswerTap, LongModelNameIsCut) {
  const auto answer = read(kChat, fmt::format(R"({{"model":"{}"}})", std::string(500, 'm')));
  EXPECT_EQ(answer.served_model.size(), 128U);
}

}  // namespace
}  // namespace tg::openai
