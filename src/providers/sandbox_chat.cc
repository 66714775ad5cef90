// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "providers/sandbox_parts.h"

namespace tg::providers::sandbox {
namespace {

constexpr std::int64_t kChoicesMax = 128;  // OpenAI's own limit of n
constexpr std::int64_t kImageTokens = 85;  // what an image of low detail counts

struct Prompt {
  std::string last_text;  // what the user said last
  std::int64_t tokens = 0;
};

Prompt read_messages(const Call& call) {
  Prompt prompt;
  const auto& messages = member(call.body, "messages");
  if (messages.is_array()) {
    for (const auto& message : messages) {
      auto text = content_text(member(message, "content"));
      prompt.tokens += count_tokens(text);
      if (member(message, "role") == "user") prompt.last_text = std::move(text);
    }
  }
  prompt.tokens += call.request.peek.images * kImageTokens;
  return prompt;
}

Prompt read_prompt(const Call& call) {
  const auto& value = member(call.body, "prompt");
  Prompt prompt;
  if (value.is_string()) prompt.last_text = value.get<std::string>();
  if (value.is_array()) {
    for (const auto& item : value) {
      if (item.is_string()) prompt.last_text = item.get<std::string>();
      prompt.tokens += item.is_string() ? count_tokens(prompt.last_text) : 1;
    }
    return prompt;
  }
  prompt.tokens = count_tokens(prompt.last_text);
  return prompt;
}

Json usage_of(std::int64_t prompt_tokens, std::int64_t completion_tokens) {
  return {{"prompt_tokens", prompt_tokens},
          {"completion_tokens", completion_tokens},
          {"total_tokens", prompt_tokens + completion_tokens},
          {"prompt_tokens_details", {{"cached_tokens", 0}, {"audio_tokens", 0}}},
          {"completion_tokens_details",
           {{"reasoning_tokens", 0},
            {"audio_tokens", 0},
            {"accepted_prediction_tokens", 0},
            {"rejected_prediction_tokens", 0}}}};
}

Json head_of_answer(const Call& call, std::string_view id_prefix, std::string_view object) {
  return {{"id", call.id(id_prefix)},
          {"object", object},
          {"created", call.request.created_s},
          {"model", call.model()},
          {"system_fingerprint", "fp_sandbox"}};
}

const char* finish_reason(const Reply& reply) { return reply.cut ? "length" : "stop"; }

struct Shape {
  std::string_view id_prefix;
  std::string_view object;
  std::string_view chunk_object;
  bool messages;
};
constexpr Shape kChat{"chatcmpl-", "chat.completion", "chat.completion.chunk", true};
constexpr Shape kText{"cmpl-", "text_completion", "text_completion", false};

Json whole_choice(const Shape& shape, std::int64_t index, const Reply& reply) {
  Json choice{{"index", index}};
  if (shape.messages) {
    choice["message"] = {{"role", "assistant"},
                         {"content", reply.text},
                         {"refusal", nullptr},
                         {"annotations", Json::array()}};
  } else {
    choice["text"] = reply.text;
  }
  choice["logprobs"] = nullptr;
  choice["finish_reason"] = finish_reason(reply);
  return choice;
}

// One choice's events: for chat the role first, then each piece, then the reason it ends.
class ChunkWriter {
 public:
  ChunkWriter(const Call& call, const Shape& shape, SandboxAnswer& answer)
      : shape_{shape},
        usage_wanted_{call.usage() && call.request.peek.usage_wanted},
        head_{head_of_answer(call, shape.id_prefix, shape.chunk_object)},
        answer_{answer} {}

  void write_choice(std::int64_t index, const Reply& reply) {
    if (shape_.messages) {
      write(index, {{"role", "assistant"}, {"content", ""}, {"refusal", nullptr}}, nullptr);
    }
    for (const auto piece : pieces(reply.text)) write(index, delta(piece), nullptr);
    write(index, shape_.messages ? Json::object() : Json(""), finish_reason(reply));
  }

  void write_end(const Json& usage) {
    if (usage_wanted_) {
      auto chunk = head_;
      chunk["choices"] = Json::array();
      chunk["usage"] = usage;
      add_event(answer_, {}, chunk);
    }
    answer_.steps.push_back({std::chrono::milliseconds{0}, "data: [DONE]\n\n"});
  }

 private:
  [[nodiscard]] Json delta(std::string_view piece) const {
    return shape_.messages ? Json{{"content", piece}} : Json(piece);
  }

  void write(std::int64_t index, Json content, const Json& finish) {
    Json choice{{"index", index}};
    choice[shape_.messages ? "delta" : "text"] = std::move(content);
    choice["logprobs"] = nullptr;
    choice["finish_reason"] = finish;
    auto chunk = head_;
    chunk["choices"] = Json::array({std::move(choice)});
    if (usage_wanted_) chunk["usage"] = nullptr;
    add_event(answer_, {}, chunk);
  }

  const Shape& shape_;
  const bool usage_wanted_;
  const Json head_;
  SandboxAnswer& answer_;
};

SandboxAnswer complete(const Call& call, const Shape& shape, const Prompt& prompt) {
  const auto count = integer(call.body, "n", 1, kChoicesMax, 1);
  const auto reply = reply_to(call, prompt.last_text, member(call.body, "response_format"));
  const auto usage = usage_of(prompt.tokens, reply.tokens * count);

  if (call.stream()) {
    auto answer = event_stream();
    ChunkWriter writer{call, shape, answer};
    for (std::int64_t index = 0; index < count; ++index) writer.write_choice(index, reply);
    writer.write_end(usage);
    return answer;
  }
  auto body = head_of_answer(call, shape.id_prefix, shape.object);
  body["choices"] = Json::array();
  for (std::int64_t index = 0; index < count; ++index) {
    body["choices"].push_back(whole_choice(shape, index, reply));
  }
  if (call.usage()) body["usage"] = usage;
  return json_answer(body);
}

}  // namespace

SandboxAnswer chat(const Call& call) {
  if (!member(call.body, "messages").is_array()) {
    return refusal("Missing required parameter: 'messages'.", "messages");
  }
  return complete(call, kChat, read_messages(call));
}

SandboxAnswer completions(const Call& call) { return complete(call, kText, read_prompt(call)); }

}  // namespace tg::providers::sandbox
