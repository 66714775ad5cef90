// SPDX-License-Identifier: Apache-2.0
#include "providers/sandbox.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "openai/answer_tap.h"
#include "tokens/audio_duration.h"

namespace tg::providers {
namespace {

using Json = nlohmann::json;
using openai::Endpoint;

SandboxAnswer ask(Endpoint endpoint, const Json& body) {
  const auto text = body.dump();
  const auto peek = openai::peek_json(endpoint, text);
  TG_CHECK(peek.has_value());
  return answer({.endpoint = endpoint,
                 .path = {},
                 .content_type = "application/json",
                 .body = text,
                 .peek = *peek});
}

struct Field {
  std::string name;
  std::string value;
  std::string filename = {};
};

SandboxAnswer ask_form(Endpoint endpoint, const std::vector<Field>& fields) {
  std::string body;
  std::vector<openai::FormField> texts;
  for (const auto& field : fields) {
    body += "--b\r\nContent-Disposition: form-data; name=\"" + field.name + "\"";
    if (!field.filename.empty()) body += "; filename=\"" + field.filename + "\"";
    body += "\r\n\r\n" + field.value + "\r\n";
    if (field.filename.empty()) texts.push_back({field.name, field.value});
  }
  body += "--b--\r\n";
  const auto peek = openai::peek_form(endpoint, texts);
  TG_CHECK(peek.has_value());
  return answer({.endpoint = endpoint,
                 .path = {},
                 .content_type = "multipart/form-data; boundary=b",
                 .body = body,
                 .peek = *peek});
}

std::string bytes_of(const SandboxAnswer& answer) {
  std::string bytes;
  for (const auto& step : answer.steps) bytes += step.bytes;
  return bytes;
}

Json json_of(const SandboxAnswer& answer) {
  EXPECT_EQ(answer.content_type, "application/json");
  EXPECT_EQ(answer.steps.size(), 1U);
  return Json::parse(bytes_of(answer));
}

// The data of each event; "[DONE]" stays a string.
std::vector<Json> events_of(const SandboxAnswer& answer) {
  EXPECT_TRUE(answer.stream);
  EXPECT_TRUE(answer.content_type.starts_with("text/event-stream"));
  std::vector<Json> events;
  for (const auto& step : answer.steps) {
    EXPECT_TRUE(step.bytes.ends_with("\n\n"));
    const auto data = step.bytes.substr(step.bytes.find("data: ") + 6);
    events.push_back(data == "[DONE]\n\n" ? Json("[DONE]") : Json::parse(data));
  }
  return events;
}

Json chat_request(std::string_view model = "gpt-4", std::string_view text = "Hello") {
  return {{"model", model}, {"messages", {{{"role", "user"}, {"content", text}}}}};
}

// The shortest that the sandbox speaks: 200 ms.
std::string shortest_wav() {
  const auto speech = ask(Endpoint::kSpeech, {{"model", "tts-1"}, {"input", "x"}});
  return bytes_of(speech);
}

TEST(SandboxChat, AnswersInOpenAisFormAndSaysThatItIsASandbox) {
  const auto body = json_of(ask(Endpoint::kChatCompletions, chat_request()));
  EXPECT_EQ(body["object"], "chat.completion");
  EXPECT_EQ(body["model"], "gpt-4");
  EXPECT_TRUE(body["id"].get<std::string>().starts_with("chatcmpl-"));
  const auto& choice = body["choices"][0];
  EXPECT_EQ(choice["finish_reason"], "stop");
  EXPECT_EQ(choice["message"]["role"], "assistant");
  EXPECT_EQ(choice["message"]["content"],
            "This is Tollgate's sandbox: no model was called. You wrote: Hello");
  EXPECT_EQ(body["usage"]["prompt_tokens"], 2);
  EXPECT_EQ(body["usage"]["completion_tokens"], 17);
  EXPECT_EQ(body["usage"]["total_tokens"], 19);
}

TEST(SandboxChat, AnswersTheSameBytesToTheSameRequest) {
  const auto first = bytes_of(ask(Endpoint::kChatCompletions, chat_request()));
  EXPECT_EQ(first, bytes_of(ask(Endpoint::kChatCompletions, chat_request())));
  EXPECT_NE(first, bytes_of(ask(Endpoint::kChatCompletions, chat_request("gpt-4", "Hi"))));
}

TEST(SandboxChat, StreamsTheRoleFirstThenPiecesThenTheReasonAndDone) {
  auto request = chat_request();
  request["stream"] = true;
  const auto events = events_of(ask(Endpoint::kChatCompletions, request));
  ASSERT_GT(events.size(), 4U);
  EXPECT_EQ(events.front()["choices"][0]["delta"]["role"], "assistant");
  EXPECT_EQ(events.back(), "[DONE]");
  EXPECT_EQ(events[events.size() - 2]["choices"][0]["finish_reason"], "stop");
  std::string text;
  for (std::size_t i = 0; i + 1 < events.size(); ++i) {
    EXPECT_EQ(events[i]["object"], "chat.completion.chunk");
    EXPECT_EQ(events[i]["choices"].size(), 1U) << "0.28 programs read choices[0] of every event";
    EXPECT_FALSE(events[i].contains("usage"));
    text += events[i]["choices"][0]["delta"].value("content", "");
  }
  EXPECT_TRUE(text.ends_with("You wrote: Hello"));
}

TEST(SandboxChat, StreamsUsageOnlyWhereItIsAskedFor) {
  auto request = chat_request();
  request["stream"] = true;
  request["stream_options"] = {{"include_usage", true}};
  const auto events = events_of(ask(Endpoint::kChatCompletions, request));
  const auto& last = events[events.size() - 2];
  EXPECT_TRUE(last["choices"].empty());
  EXPECT_EQ(last["usage"]["total_tokens"], 19);
  EXPECT_TRUE(events.front()["usage"].is_null());
}

TEST(SandboxChat, CutsAtTheTokensAllowedAndSaysSo) {
  auto request = chat_request();
  request["max_tokens"] = 3;
  const auto body = json_of(ask(Endpoint::kChatCompletions, request));
  EXPECT_EQ(body["choices"][0]["finish_reason"], "length");
  EXPECT_EQ(body["choices"][0]["message"]["content"], "This is Toll");
  EXPECT_EQ(body["usage"]["completion_tokens"], 3);
}

TEST(SandboxChat, GivesAsManyChoicesAsAskedForAndCountsThemAll) {
  auto request = chat_request();
  request["n"] = 3;
  const auto body = json_of(ask(Endpoint::kChatCompletions, request));
  ASSERT_EQ(body["choices"].size(), 3U);
  EXPECT_EQ(body["choices"][2]["index"], 2);
  EXPECT_EQ(body["usage"]["completion_tokens"], 51);
}

TEST(SandboxChat, ReadsTextParts) {
  auto request = chat_request();
  request["messages"][0]["content"] = {{{"type", "text"}, {"text", "part one"}},
                                       {{"type", "image_url"}, {"image_url", {{"url", "x"}}}}};
  const auto body = json_of(ask(Endpoint::kChatCompletions, request));
  EXPECT_TRUE(body["choices"][0]["message"]["content"].get<std::string>().ends_with("part one"));
}

TEST(SandboxChat, AnswersJsonWhereJsonIsAskedFor) {
  auto request = chat_request();
  request["response_format"] = {{"type", "json_object"}};
  const auto body = json_of(ask(Endpoint::kChatCompletions, request));
  const auto content = Json::parse(body["choices"][0]["message"]["content"].get<std::string>());
  EXPECT_EQ(content["sandbox"], true);
}

TEST(SandboxChat, AnswersWhatASchemaAccepts) {
  auto request = chat_request();
  request["response_format"] = {
      {"type", "json_schema"},
      {"json_schema", {{"name", "tree"}, {"schema", Json::parse(R"({"type":"object","properties":{
           "name":{"type":"string"},"count":{"type":"integer","minimum":3},
           "colour":{"enum":["red","green"]},"ratio":{"type":"number"},
           "tags":{"type":"array","items":{"type":"boolean"},"minItems":2},
           "next":{"anyOf":[{"$ref":"#"},{"type":"null"}]},
           "leaf":{"$ref":"#/$defs/leaf"}},
           "$defs":{"leaf":{"type":"object","properties":{"on":{"const":7}}}}})")}}}};
  const auto body = json_of(ask(Endpoint::kChatCompletions, request));
  const auto content = Json::parse(body["choices"][0]["message"]["content"].get<std::string>());
  EXPECT_TRUE(content["name"].is_string());
  EXPECT_EQ(content["count"], 3);
  EXPECT_EQ(content["colour"], "red");
  EXPECT_TRUE(content["ratio"].is_number());
  EXPECT_EQ(content["tags"], Json({true, true}));
  EXPECT_TRUE(content["next"].is_null());
  EXPECT_EQ(content["leaf"]["on"], 7);
}

TEST(SandboxChat, EndsASchemaThatRefersToItselfForEver) {
  auto request = chat_request();
  request["response_format"] = {
      {"type", "json_schema"},
      {"json_schema", {{"schema", Json::parse(R"({"type":"object","properties":{
           "a":{"$ref":"#"},"b":{"$ref":"#"},"c":{"type":"array","minItems":100,
           "items":{"$ref":"#"}}}})")}}}};
  EXPECT_LT(bytes_of(ask(Endpoint::kChatCompletions, request)).size(), 1U << 20);
}

TEST(SandboxChat, KeepsCharactersWhole) {
  auto request = chat_request("gpt-4", "äöü€😀漢字");
  request["stream"] = true;
  std::string text;
  for (const auto& event : events_of(ask(Endpoint::kChatCompletions, request))) {
    if (event.is_object()) text += event["choices"][0]["delta"].value("content", "");
  }
  EXPECT_TRUE(text.ends_with("äöü€😀漢字")) << text;
}

TEST(SandboxChat, RefusesARequestWithoutMessages) {
  const auto refused = ask(Endpoint::kChatCompletions, {{"model", "gpt-4"}});
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(json_of(refused)["error"]["param"], "messages");
}

TEST(SandboxCompletions, AnswersAndStreamsText) {
  const Json request{{"model", "text-davinci-003"}, {"prompt", "Once"}};
  const auto body = json_of(ask(Endpoint::kCompletions, request));
  EXPECT_EQ(body["object"], "text_completion");
  EXPECT_TRUE(body["choices"][0]["text"].get<std::string>().ends_with("You wrote: Once"));

  auto streamed = request;
  streamed["stream"] = true;
  const auto events = events_of(ask(Endpoint::kCompletions, streamed));
  EXPECT_TRUE(events.front()["choices"][0]["text"].is_string());
  EXPECT_EQ(events.back(), "[DONE]");
}

TEST(SandboxResponses, AnswersWithAllUsageDetails) {
  const auto body = json_of(ask(Endpoint::kResponses, {{"model", "gpt-5.4"}, {"input", "Hello"}}));
  EXPECT_EQ(body["status"], "completed");
  EXPECT_TRUE(
      body["output"][0]["content"][0]["text"].get<std::string>().ends_with("You wrote: Hello"));
  EXPECT_EQ(body["usage"]["input_tokens_details"]["cached_tokens"], 0);
  EXPECT_EQ(body["usage"]["input_tokens_details"]["cache_write_tokens"], 0);
  EXPECT_EQ(body["usage"]["output_tokens_details"]["reasoning_tokens"], 0);
  EXPECT_EQ(body["usage"]["total_tokens"], 19);
}

TEST(SandboxResponses, StreamsEventsInTheOrderThatTheSdksNeed) {
  const auto events =
      events_of(ask(Endpoint::kResponses, {{"model", "m"}, {"input", "Hello"}, {"stream", true}}));
  std::vector<std::string> types;
  std::string text;
  for (std::size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(events[i]["sequence_number"], i);
    const auto type = events[i]["type"].get<std::string>();
    if (type == "response.output_text.delta") text += events[i]["delta"].get<std::string>();
    if (types.empty() || types.back() != type) types.push_back(type);
  }
  EXPECT_EQ(types, (std::vector<std::string>{
                       "response.created", "response.in_progress", "response.output_item.added",
                       "response.content_part.added", "response.output_text.delta",
                       "response.output_text.done", "response.content_part.done",
                       "response.output_item.done", "response.completed"}));
  EXPECT_TRUE(text.ends_with("You wrote: Hello"));
  EXPECT_EQ(events.back()["response"]["output"][0]["content"][0]["text"], text);
  EXPECT_TRUE(events.front()["response"]["usage"].is_null());
  EXPECT_EQ(events.back()["response"]["usage"]["total_tokens"], 19);
}

TEST(SandboxResponses, AreIncompleteWhereTheLimitCutsThem) {
  const Json request{{"model", "m"}, {"input", "Hi"}, {"max_output_tokens", 2}, {"stream", true}};
  const auto events = events_of(ask(Endpoint::kResponses, request));
  EXPECT_EQ(events.back()["type"], "response.incomplete");
  EXPECT_EQ(events.back()["response"]["incomplete_details"]["reason"], "max_output_tokens");
}

TEST(SandboxResponses, ReadItemsAndJsonFormats) {
  const auto body = json_of(
      ask(Endpoint::kResponses,
          {{"model", "m"},
           {"input", {{{"role", "user"}, {"content", {{{"type", "input_text"}, {"text", "A"}}}}}}},
           {"text", {{"format", {{"type", "json_object"}}}}}}));
  const auto text = body["output"][0]["content"][0]["text"].get<std::string>();
  EXPECT_TRUE(Json::parse(text)["message"].get<std::string>().ends_with("You wrote: A"));
}

TEST(SandboxEmbeddings, AreUnitVectorsThatFollowFromTheText) {
  const auto body = json_of(ask(Endpoint::kEmbeddings, {{"model", "text-embedding-3-small"},
                                                        {"input", {"one", "two", "one"}}}));
  ASSERT_EQ(body["data"].size(), 3U);
  EXPECT_EQ(body["data"][0]["embedding"], body["data"][2]["embedding"]);
  EXPECT_NE(body["data"][0]["embedding"], body["data"][1]["embedding"]);
  EXPECT_EQ(body["data"][0]["embedding"].size(), 1536U);
  double square_sum = 0;
  for (const double value : body["data"][0]["embedding"]) square_sum += value * value;
  EXPECT_NEAR(square_sum, 1, 1e-5);
  EXPECT_EQ(body["usage"]["prompt_tokens"], 3);
}

TEST(SandboxEmbeddings, AreTheSameInBase64) {
  Json request{{"model", "m"}, {"input", "one"}, {"dimensions", 8}};
  const auto floats = json_of(ask(Endpoint::kEmbeddings, request))["data"][0]["embedding"];
  request["encoding_format"] = "base64";
  const auto text = json_of(ask(Endpoint::kEmbeddings, request))["data"][0]["embedding"];
  const auto bytes = from_base64(text.get<std::string>());
  ASSERT_TRUE(bytes);
  std::array<float, 8> decoded{};
  ASSERT_EQ(bytes->size(), sizeof decoded);
  std::memcpy(decoded.data(), bytes->data(), sizeof decoded);
  for (std::size_t i = 0; i < decoded.size(); ++i) EXPECT_EQ(floats[i].get<float>(), decoded[i]);
}

TEST(SandboxEmbeddings, TakeTokensInsteadOfText) {
  EXPECT_EQ(
      json_of(ask(Endpoint::kEmbeddings, {{"model", "m"}, {"input", {1, 2, 3}}}))["data"].size(),
      1U);
  const auto body =
      json_of(ask(Endpoint::kEmbeddings, {{"model", "m"}, {"input", {{1, 2}, {3, 4, 5}}}}));
  EXPECT_EQ(body["data"].size(), 2U);
  EXPECT_EQ(body["usage"]["total_tokens"], 5);
}

TEST(SandboxModerations, FlagNothingAndAnswerEachText) {
  const auto body = json_of(
      ask(Endpoint::kModerations, {{"model", "omni-moderation-latest"}, {"input", {"a", "b"}}}));
  ASSERT_EQ(body["results"].size(), 2U);
  EXPECT_EQ(body["results"][0]["flagged"], false);
  EXPECT_EQ(body["results"][0]["categories"].size(), 13U);
}

// Width and height from a PNG whose every chunk has the right check sum and whose pixels inflate.
std::pair<std::uint32_t, std::uint32_t> png_size(std::string_view png) {
  const auto number = [&](std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i)
      value = value << 8 | static_cast<unsigned char>(png[at + i]);
    return value;
  };
  EXPECT_TRUE(png.starts_with("\x89PNG\r\n\x1A\n"));
  const std::pair size{number(16), number(20)};
  std::size_t at = 8;
  while (at < png.size()) {
    const std::size_t data_size = number(at);
    EXPECT_EQ(number(at + 8 + data_size), crc32(png.substr(at + 4, data_size + 4)));
    if (png.substr(at + 4, 4) == "IDAT") {
      std::string pixels(size.second * ((size.first + 7) / 8 + 1), '\0');
      auto pixel_bytes = static_cast<uLongf>(pixels.size());
      EXPECT_EQ(uncompress(reinterpret_cast<Bytef*>(pixels.data()), &pixel_bytes,
                           reinterpret_cast<const Bytef*>(png.data() + at + 8), data_size),
                Z_OK);
      EXPECT_EQ(pixel_bytes, pixels.size());
    }
    at += data_size + 12;
  }
  EXPECT_EQ(at, png.size());
  return size;
}

TEST(SandboxImages, AreRealPicturesOfTheSizeAskedFor) {
  const auto body = json_of(
      ask(Endpoint::kImageGenerations,
          {{"model", "gpt-image-2"}, {"prompt", "A cat"}, {"size", "1536x1024"}, {"n", 2}}));
  ASSERT_EQ(body["data"].size(), 2U);
  const auto png = from_base64(body["data"][0]["b64_json"].get<std::string>());
  ASSERT_TRUE(png);
  EXPECT_EQ(png_size(*png), std::pair(1536U, 1024U));
  EXPECT_LT(png->size(), 20'000U);
  EXPECT_NE(body["data"][0], body["data"][1]);
  EXPECT_EQ(body["usage"]["output_tokens"], 2 * 1584);
}

TEST(SandboxImages, AreAnAddressForOldProgramsAndWhereAskedFor) {
  for (const auto& request :
       {Json{{"prompt", "A cat"}},
        Json{{"model", "gpt-image-2"}, {"prompt", "x"}, {"response_format", "url"}}}) {
    const auto url = json_of(ask(Endpoint::kImageGenerations, request))["data"][0]["url"];
    constexpr std::string_view kHead = "data:image/png;base64,";
    ASSERT_TRUE(url.get<std::string>().starts_with(kHead));
    const auto png = from_base64(url.get<std::string>().substr(kHead.size()));
    EXPECT_EQ(png_size(*png), std::pair(1024U, 1024U));
  }
}

TEST(SandboxImages, TakeNonsensicalSizesForTheUsualOne) {
  for (const auto* size : {"auto", "x", "0x0", "99999x1", "10x", "1x1x1"}) {
    const auto body = json_of(ask(Endpoint::kImageGenerations,
                                  {{"model", "gpt-image-2"}, {"prompt", "A"}, {"size", size}}));
    EXPECT_EQ(png_size(*from_base64(body["data"][0]["b64_json"].get<std::string>())),
              std::pair(1024U, 1024U));
  }
  const auto tiny = json_of(ask(Endpoint::kImageGenerations,
                                {{"model", "gpt-image-2"}, {"prompt", "A"}, {"size", "1x3"}}));
  EXPECT_EQ(png_size(*from_base64(tiny["data"][0]["b64_json"].get<std::string>())),
            std::pair(1U, 3U));
}

TEST(SandboxImages, EditsAndVariationsTakeForms) {
  for (const auto endpoint : {Endpoint::kImageEdits, Endpoint::kImageVariations}) {
    const auto body = json_of(ask_form(
        endpoint,
        {{"model", "gpt-image-2"}, {"prompt", "A"}, {"n", "2"}, {"image", "png", "image"}}));
    EXPECT_EQ(body["data"].size(), 2U);
    EXPECT_EQ(body["usage"]["input_tokens_details"]["image_tokens"], 323);
    EXPECT_EQ(ask_form(endpoint, {{"prompt", "A"}}).status, 400);
  }
}

TEST(SandboxImages, StreamTheFinishedPicture) {
  const auto events = events_of(ask(Endpoint::kImageGenerations,
                                    {{"model", "gpt-image-2"}, {"prompt", "A"}, {"stream", true}}));
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0]["type"], "image_generation.completed");
  EXPECT_EQ(events[0]["usage"]["output_tokens"], 1056);
}

TEST(SandboxSpeech, IsAWavWhoseLengthFollowsTheText) {
  const auto short_one = ask(Endpoint::kSpeech, {{"model", "tts-1"},
                                                 {"input", "Hello there"},
                                                 {"voice", "alloy"},
                                                 {"response_format", "mp3"}});
  EXPECT_EQ(short_one.content_type, "audio/wav");
  EXPECT_EQ(tokens::audio_format(bytes_of(short_one)), "wav");
  EXPECT_EQ(tokens::audio_milliseconds(bytes_of(short_one)), 660);
  const auto long_one =
      ask(Endpoint::kSpeech, {{"model", "tts-1"}, {"input", std::string(5'000, 'a')}});
  EXPECT_EQ(tokens::audio_milliseconds(bytes_of(long_one)), 60'000);
}

TEST(SandboxTranscription, SaysWhatItReceived) {
  const auto wav = shortest_wav();
  const auto body = json_of(
      ask_form(Endpoint::kTranscriptions, {{"model", "whisper-1"}, {"file", wav, "a.wav"}}));
  EXPECT_EQ(body["text"], fmt::format("This is Tollgate's sandbox: no model was called. It "
                                      "received wav audio of 0.200 seconds ({} bytes).",
                                      wav.size()));
  EXPECT_EQ(body["usage"]["type"], "duration");
  EXPECT_EQ(body["usage"]["seconds"], 1);
}

TEST(SandboxTranscription, CountsTokensForModelsThatAreChargedSo) {
  const auto body = json_of(ask_form(
      Endpoint::kTranscriptions, {{"model", "gpt-4o-transcribe"}, {"file", shortest_wav(), "a"}}));
  EXPECT_EQ(body["usage"]["type"], "tokens");
  EXPECT_EQ(body["usage"]["input_token_details"]["audio_tokens"], 2);
}

TEST(SandboxTranscription, WritesEachFormat) {
  const auto in = [](const char* format) {
    return ask_form(
        Endpoint::kTranscriptions,
        {{"model", "whisper-1"}, {"response_format", format}, {"file", shortest_wav(), "a.wav"}});
  };
  EXPECT_TRUE(bytes_of(in("text")).ends_with("bytes).\n"));
  EXPECT_TRUE(in("text").content_type.starts_with("text/plain"));
  EXPECT_TRUE(bytes_of(in("srt")).starts_with("1\n00:00:00,000 --> 00:00:00,200\n"));
  EXPECT_TRUE(bytes_of(in("vtt")).starts_with("WEBVTT\n\n00:00:00.000 --> 00:00:00.200\n"));
  const auto verbose = json_of(in("verbose_json"));
  EXPECT_EQ(verbose["duration"], 0.2);
  EXPECT_EQ(verbose["segments"].size(), 1U);
}

TEST(SandboxTranscription, AdmitsThatItDoesNotKnowTheFormat) {
  const auto body =
      json_of(ask_form(Endpoint::kTranslations, {{"model", "whisper-1"}, {"file", "noise", "a"}}));
  EXPECT_TRUE(body["text"].get<std::string>().contains("unknown audio of unknown length"));
}

TEST(SandboxTranscription, RefusesFormsThatAreNone) {
  EXPECT_EQ(ask_form(Endpoint::kTranscriptions, {{"model", "whisper-1"}}).status, 400);
  const openai::RequestPeek peek;
  const auto refused = answer({.endpoint = Endpoint::kTranscriptions,
                               .path = {},
                               .content_type = "text/plain",
                               .body = "x",
                               .peek = peek});
  EXPECT_EQ(refused.status, 400);
}

TEST(SandboxModels, ProvokeErrorsInOpenAisForm) {
  const auto too_many = ask(Endpoint::kChatCompletions, chat_request("sandbox/error-429"));
  EXPECT_EQ(too_many.status, 429);
  EXPECT_EQ(json_of(too_many)["error"]["code"], "rate_limit_exceeded");
  const auto failed = ask(Endpoint::kEmbeddings, {{"model", "sandbox/error-500"}, {"input", "a"}});
  EXPECT_EQ(failed.status, 500);
  EXPECT_EQ(json_of(failed)["error"]["type"], "server_error");
  const auto unknown = ask(Endpoint::kChatCompletions, chat_request("sandbox/nonsense"));
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(json_of(unknown)["error"]["code"], "model_not_found");
}

TEST(SandboxModels, SlowStreamsForTwoMinutes) {
  auto request = chat_request("sandbox/slow");
  EXPECT_EQ(ask(Endpoint::kChatCompletions, request).steps.front().delay,
            std::chrono::milliseconds{2'000});
  request["stream"] = true;
  const auto slow = ask(Endpoint::kChatCompletions, request);
  EXPECT_EQ(slow.steps.front().delay.count(), 0) << "a client sees at once that it was heard";
  std::chrono::milliseconds whole{0};
  for (const auto& step : slow.steps) whole += step.delay;
  EXPECT_GE(whole, std::chrono::minutes{2});
  EXPECT_LT(whole, std::chrono::seconds{122});
}

TEST(SandboxModels, DisconnectBreaksInTheMiddle) {
  auto request = chat_request("sandbox/disconnect");
  const auto plain = ask(Endpoint::kChatCompletions, request);
  EXPECT_TRUE(plain.disconnect);
  EXPECT_FALSE(Json::accept(bytes_of(plain)));
  request["stream"] = true;
  const auto streamed = ask(Endpoint::kChatCompletions, request);
  EXPECT_TRUE(streamed.disconnect);
  EXPECT_GT(streamed.steps.size(), 2U);
  EXPECT_FALSE(bytes_of(streamed).contains("[DONE]"));
}

TEST(SandboxModels, GarbageIsNeitherJsonNorEvents) {
  auto request = chat_request("sandbox/garbage");
  const auto garbage = ask(Endpoint::kChatCompletions, request);
  EXPECT_EQ(garbage.status, 200);
  EXPECT_FALSE(Json::accept(bytes_of(garbage)));
  request["stream"] = true;
  EXPECT_FALSE(bytes_of(ask(Endpoint::kChatCompletions, request)).contains("data:"));
}

TEST(SandboxModels, NoUsageTellsNone) {
  auto request = chat_request("sandbox/no-usage");
  EXPECT_FALSE(json_of(ask(Endpoint::kChatCompletions, request)).contains("usage"));
  request["stream"] = true;
  request["stream_options"] = {{"include_usage", true}};
  EXPECT_FALSE(bytes_of(ask(Endpoint::kChatCompletions, request)).contains("usage"));
  const auto embedded = ask(Endpoint::kEmbeddings, {{"model", "sandbox/no-usage"}, {"input", "a"}});
  EXPECT_FALSE(json_of(embedded).contains("usage"));
}

TEST(SandboxModels, AreListedAndAllAnswer) {
  EXPECT_EQ(sandbox_models().size(), 7U);
  for (const auto model : sandbox_models()) {
    EXPECT_NE(ask(Endpoint::kChatCompletions, chat_request(model)).status, 404) << model;
  }
}

TEST(Sandbox, SpeaksSoThatOurOwnMeterReadsItsUsage) {
  const auto body = bytes_of(ask(Endpoint::kChatCompletions, chat_request()));
  openai::Answer read;
  openai::read_answer(Endpoint::kChatCompletions, body, read);
  EXPECT_EQ(read.usage.source, openai::UsageSource::kProvider);
  EXPECT_EQ(read.usage.input_tokens(), 2);
  EXPECT_EQ(read.usage.output_tokens(), 17);
}

TEST(Sandbox, RefusesABodyThatIsNoJson) {
  const openai::RequestPeek peek;
  const auto refused = answer({.endpoint = Endpoint::kChatCompletions,
                               .path = {},
                               .content_type = "application/json",
                               .body = "{",
                               .peek = peek});
  EXPECT_EQ(refused.status, 400);
}

}  // namespace
}  // namespace tg::providers
