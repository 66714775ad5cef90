// SPDX-License-Identifier: Apache-2.0
#include "providers/sandbox.h"

#include <gtest/gtest.h>

#include "openai/answer_tap.h"
#include "providers/sandbox_testing.h"

namespace tg::providers {
namespace {

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
  auto link = content["next"];
  int links = 0;
  while (!link.is_null()) {
    EXPECT_TRUE(link["name"].is_string());
    ASSERT_LT(++links, 10);
    const Json next = link["next"];
    link = next;
  }
  EXPECT_GT(links, 0);
  EXPECT_EQ(content["leaf"]["on"], 7);
}

TEST(SandboxChat, EndsASchemaThatRefersToItselfForEver) {
  auto request = chat_request();
  request["response_format"] = {
      {"type", "json_schema"},
      {"json_schema", {{"schema", Json::parse(R"({"type":"object","properties":{
           "a":{"$ref":"#"},"b":{"$ref":"#"},"c":{"type":"array","minItems":1000000000000,
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
  std::chrono::milliseconds whole{0};
  for (const auto& step : slow.steps) whole += step.delay;
  EXPECT_GE(whole, std::chrono::minutes{2});
  EXPECT_LT(whole, std::chrono::seconds{123});
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
  EXPECT_FALSE(json_of(ask(Endpoint::kChatCompletions, request)).contains("\"usage\""));
  request["stream"] = true;
  request["stream_options"] = {{"include_usage", true}};
  EXPECT_FALSE(bytes_of(ask(Endpoint::kChatCompletions, request)).contains("\"usage\""));
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
