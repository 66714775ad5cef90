// SPDX-License-Identifier: Apache-2.0
#include "providers/sandbox_parts.h"

namespace tg::providers::sandbox {
namespace {

struct Prompt {
  std::string last_text;  // what the user said last
  std::int64_t tokens = 0;
};

Prompt read_input(const Call& call) {
  const auto& input = member(call.body, "input");
  Prompt prompt{.tokens = count_tokens(call.text("instructions"))};
  if (input.is_string()) {
    prompt.last_text = input.get<std::string>();
    prompt.tokens += count_tokens(prompt.last_text);
  }
  if (!input.is_array()) return prompt;
  for (const auto& item : input) {
    auto text = content_text(member(item, "content"));
    prompt.tokens += count_tokens(text);
    if (member(item, "role") == "user") prompt.last_text = std::move(text);
  }
  return prompt;
}

Json text_part(std::string_view text) {
  return {{"type", "output_text"},
          {"annotations", Json::array()},
          {"logprobs", Json::array()},
          {"text", text}};
}

Json usage_json(std::int64_t input_tokens, std::int64_t output_tokens) {
  return {{"input_tokens", input_tokens},
          {"input_tokens_details", {{"cached_tokens", 0}, {"cache_write_tokens", 0}}},
          {"output_tokens", output_tokens},
          {"output_tokens_details", {{"reasoning_tokens", 0}}},
          {"total_tokens", input_tokens + output_tokens}};
}

// One response, whole or as the events that tell how it came about.
class Response {
 public:
  Response(const Call& call, Reply reply, std::int64_t input_tokens)
      : call_{call},
        reply_{std::move(reply)},
        input_tokens_{input_tokens},
        response_id_{call.id("resp_")},
        message_id_{call.id("msg_", 1)} {}

  [[nodiscard]] Json finished() const {
    auto json = body(end_status());
    if (reply_.cut) {
      json["incomplete_details"] = {{"reason", "max_output_tokens"}};
    } else {
      json["completed_at"] = call_.request.created_s;
    }
    json["output"] = Json::array({whole_message()});
    if (call_.usage()) {
      json["usage"] = usage();
    } else {
      json.erase("usage");
    }
    return json;
  }

  [[nodiscard]] SandboxAnswer streamed() {
    answer_ = event_stream();
    event("response.created", {{"response", body("in_progress")}});
    event("response.in_progress", {{"response", body("in_progress")}});
    event("response.output_item.added",
          {{"output_index", 0}, {"item", message("in_progress", Json::array())}});
    content_event("response.content_part.added", {{"part", text_part("")}});
    for (const auto piece : pieces(reply_.text)) {
      content_event("response.output_text.delta", {{"delta", piece}, {"logprobs", Json::array()}});
    }
    content_event("response.output_text.done",
                  {{"text", reply_.text}, {"logprobs", Json::array()}});
    content_event("response.content_part.done", {{"part", text_part(reply_.text)}});
    event("response.output_item.done", {{"output_index", 0}, {"item", whole_message()}});
    event(reply_.cut ? "response.incomplete" : "response.completed", {{"response", finished()}});
    return std::move(answer_);
  }

 private:
  // What the client set, or what OpenAI says when nothing is set.
  [[nodiscard]] Json echoed(std::string_view name, const Json& otherwise) const {
    const auto& value = member(call_.body, name);
    return value.is_null() ? otherwise : value;
  }

  [[nodiscard]] Json text_settings() const {
    Json settings{{"format", {{"type", "text"}}}, {"verbosity", "medium"}};
    const auto& wanted = member(call_.body, "text");
    if (wanted.is_object()) settings.update(wanted);
    return settings;
  }

  [[nodiscard]] Json body(std::string_view status) const {
    return {{"id", response_id_},
            {"object", "response"},
            {"created_at", call_.request.created_s},
            {"status", status},
            {"background", false},
            {"completed_at", nullptr},
            {"error", nullptr},
            {"incomplete_details", nullptr},
            {"instructions", echoed("instructions", nullptr)},
            {"max_output_tokens", echoed("max_output_tokens", nullptr)},
            {"model", call_.model()},
            {"output", Json::array()},
            {"parallel_tool_calls", echoed("parallel_tool_calls", true)},
            {"previous_response_id", echoed("previous_response_id", nullptr)},
            {"reasoning", {{"effort", nullptr}, {"summary", nullptr}}},
            {"service_tier", "default"},
            {"store", echoed("store", true)},
            {"temperature", echoed("temperature", 1.0)},
            {"text", text_settings()},
            {"tool_choice", echoed("tool_choice", "auto")},
            {"tools", echoed("tools", Json::array())},
            {"top_p", echoed("top_p", 1.0)},
            {"truncation", "disabled"},
            {"usage", nullptr},
            {"metadata", echoed("metadata", Json::object())}};
  }

  [[nodiscard]] Json usage() const { return usage_json(input_tokens_, reply_.tokens); }

  [[nodiscard]] const char* end_status() const { return reply_.cut ? "incomplete" : "completed"; }

  [[nodiscard]] Json message(std::string_view status, Json content) const {
    return {{"id", message_id_},
            {"type", "message"},
            {"status", status},
            {"content", std::move(content)},
            {"role", "assistant"}};
  }

  [[nodiscard]] Json whole_message() const {
    return message(end_status(), Json::array({text_part(reply_.text)}));
  }

  void event(std::string_view type, const Json& members) {
    Json data{{"type", type}, {"sequence_number", sequence_number_++}};
    data.update(members);
    add_event(answer_, type, data);
  }

  void content_event(std::string_view type, const Json& members) {
    Json all{{"item_id", message_id_}, {"output_index", 0}, {"content_index", 0}};
    all.update(members);
    event(type, all);
  }

  const Call& call_;
  const Reply reply_;
  const std::int64_t input_tokens_;
  const std::string response_id_;
  const std::string message_id_;
  std::int64_t sequence_number_ = 0;
  SandboxAnswer answer_;
};

}  // namespace

SandboxAnswer responses(const Call& call) {
  const auto prompt = read_input(call);
  auto reply = reply_to(call, prompt.last_text, member(member(call.body, "text"), "format"));
  Response response{call, std::move(reply), prompt.tokens};
  return call.stream() ? response.streamed() : json_answer(response.finished());
}

SandboxAnswer input_tokens(const Call& call) {
  return json_answer(
      {{"object", "response.input_tokens"}, {"input_tokens", read_input(call).tokens}});
}

SandboxAnswer compact(const Call& call) {
  const auto prompt = read_input(call);
  const auto tokens = count_tokens(kHonesty);
  const Json item{{"type", "compaction"}, {"id", call.id("cmp_")}, {"encrypted_content", kHonesty}};
  return json_answer({{"id", call.id("resp_")},
                      {"object", "response.compaction"},
                      {"created_at", call.request.created_s},
                      {"output", Json::array({item})},
                      {"usage", usage_json(prompt.tokens, tokens)}});
}

}  // namespace tg::providers::sandbox
