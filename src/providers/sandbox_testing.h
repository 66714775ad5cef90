// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "providers/sandbox.h"

// Asks the sandbox as a client would and reads its answers. For this room's tests only.
namespace tg::providers {

using Json = nlohmann::json;
using openai::Endpoint;

inline SandboxAnswer ask(Endpoint endpoint, const Json& body) {
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

inline SandboxAnswer ask_form(Endpoint endpoint, const std::vector<Field>& fields) {
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

inline std::string bytes_of(const SandboxAnswer& answer) {
  std::string bytes;
  for (const auto& step : answer.steps) bytes += step.bytes;
  return bytes;
}

inline Json json_of(const SandboxAnswer& answer) {
  EXPECT_EQ(answer.content_type, "application/json");
  EXPECT_EQ(answer.steps.size(), 1U);
  return Json::parse(bytes_of(answer));
}

// The data of each event; "[DONE]" stays a string.
inline std::vector<Json> events_of(const SandboxAnswer& answer) {
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

inline Json chat_request(std::string_view model = "gpt-4", std::string_view text = "Hello") {
  return {{"model", model}, {"messages", {{{"role", "user"}, {"content", text}}}}};
}

// The shortest that the sandbox speaks: 200 ms.
inline std::string shortest_wav() {
  const auto speech = ask(Endpoint::kSpeech, {{"model", "tts-1"}, {"input", "x"}});
  return bytes_of(speech);
}

}  // namespace tg::providers
