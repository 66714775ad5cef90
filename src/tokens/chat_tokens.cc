// SPDX-License-Identifier: Apache-2.0
#include "tokens/chat_tokens.h"

#include <simdjson.h>

#include <string>

namespace tg::tokens {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::int64_t kPerMessage = 3;
constexpr std::int64_t kName = 1;
constexpr std::int64_t kAnswerBegins = 3;
// Of tools, as the cookbook has them.
constexpr std::int64_t kPerFunctionO200k = 7;
constexpr std::int64_t kPerFunctionBefore = 10;
constexpr std::int64_t kProperties = 3;
constexpr std::int64_t kPerProperty = 3;
constexpr std::int64_t kEnum = -3;
constexpr std::int64_t kPerEnumValue = 3;
constexpr std::int64_t kToolsEnd = 12;
// A call that the model made stands in the prompt as its name, its arguments and a frame.
constexpr std::int64_t kPerToolCall = 3;
constexpr int kSchemaDepthMax = 8;

std::string_view text_of(element value) noexcept {
  std::string_view text;
  return value.get_string().get(text) == simdjson::SUCCESS ? text : std::string_view{};
}

std::string_view text_of(object holder, std::string_view name) noexcept {
  element value;
  return holder[name].get(value) == simdjson::SUCCESS ? text_of(value) : std::string_view{};
}

std::string_view without_full_stop(std::string_view text) noexcept {
  if (text.ends_with('.')) text.remove_suffix(1);
  return text;
}

class Counter {
 public:
  explicit Counter(const Tokenizer& tokenizer) : tokenizer_{tokenizer} {}

  Result<PromptTokens> count(object body) {
    for (const auto [key, value] : body) {
      if (key == "messages") {
        TG_TRY_DONE(messages(value));
      } else if ((key == "tools" || key == "functions") && !value.is_null()) {
        tools(value);
      } else if (key == "response_format") {
        response_format(value);
      }
    }
    add(kAnswerBegins);
    return sum_;
  }

 private:
  void add(std::int64_t tokens) noexcept { sum_.tokens += tokens; }
  void add_text(std::string_view text) { sum_.tokens += tokenizer_.count(text); }
  void add_json(element value) {
    add_text(simdjson::minify(value));
    sum_.exact = false;
  }

  Result<void> messages(element value);
  Result<void> message(object fields);
  void content(element value);
  void part(object fields);
  void tool_calls(element value);
  void function_call(object call);
  void tools(element value);
  void function(object described);
  void properties(object schema, int depth);
  void property(std::string_view name, element value, int depth);
  void nested(object schema, int depth);
  void response_format(element value);

  const Tokenizer& tokenizer_;
  PromptTokens sum_;
};

Result<void> Counter::messages(element value) {
  array list;
  if (value.get_array().get(list) != simdjson::SUCCESS) {
    return fail(Code::kBodyMalformed, "messages is no list");
  }
  for (const element item : list) {
    object fields;
    if (item.get_object().get(fields) != simdjson::SUCCESS) {
      return fail(Code::kBodyMalformed, "a message is no object");
    }
    TG_TRY_DONE(message(fields));
  }
  return {};
}

Result<void> Counter::message(object fields) {
  add(kPerMessage);
  for (const auto [key, value] : fields) {
    if (key == "role" || key == "refusal") {
      add_text(text_of(value));
    } else if (key == "name") {
      add_text(text_of(value));
      add(kName);
    } else if (key == "content") {
      content(value);
    } else if (key == "tool_calls") {
      tool_calls(value);
    } else if (key == "function_call") {
      object call;
      if (value.get_object().get(call) == simdjson::SUCCESS) function_call(call);
    } else if (key == "audio" && !value.is_null()) {
      sum_.media = true;
      sum_.exact = false;
    }
  }
  return {};
}

void Counter::content(element value) {
  add_text(text_of(value));
  array parts;
  if (value.get_array().get(parts) != simdjson::SUCCESS) return;
  for (const element item : parts) {
    object fields;
    if (item.get_object().get(fields) == simdjson::SUCCESS) part(fields);
  }
}

void Counter::part(object fields) {
  const auto type = text_of(fields, "type");
  if (type == "text" || type == "refusal") {
    add_text(text_of(fields, type));
  } else {
    sum_.media = true;
    sum_.exact = false;
  }
}

void Counter::tool_calls(element value) {
  array calls;
  if (value.get_array().get(calls) != simdjson::SUCCESS) return;
  for (const element item : calls) {
    object call;
    if (item.get_object().get(call) != simdjson::SUCCESS) continue;
    object made;
    if (call["function"].get_object().get(made) == simdjson::SUCCESS ||
        call["custom"].get_object().get(made) == simdjson::SUCCESS) {
      function_call(made);
    }
  }
}

void Counter::function_call(object call) {
  sum_.exact = false;
  add(kPerToolCall);
  add_text(text_of(call, "name"));
  add_text(text_of(call, "arguments"));
  add_text(text_of(call, "input"));
}

void Counter::tools(element value) {
  array list;
  if (value.get_array().get(list) != simdjson::SUCCESS) return;
  bool any = false;
  for (const element item : list) {
    object tool;
    if (item.get_object().get(tool) != simdjson::SUCCESS) continue;
    any = true;
    object described;
    if (tool["function"].get_object().get(described) == simdjson::SUCCESS ||
        tool["custom"].get_object().get(described) == simdjson::SUCCESS) {
      function(described);
    } else {
      function(tool);
    }
  }
  if (!any) return;
  sum_.exact = false;
  add(kToolsEnd);
}

void Counter::function(object described) {
  add(tokenizer_.pattern() == Pattern::kO200k ? kPerFunctionO200k : kPerFunctionBefore);
  std::string line{text_of(described, "name")};
  line.append(":").append(without_full_stop(text_of(described, "description")));
  add_text(line);
  object schema;
  if (described["parameters"].get_object().get(schema) == simdjson::SUCCESS) nested(schema, 0);
  element format;
  if (described["format"].get(format) == simdjson::SUCCESS) add_json(format);
}

void Counter::properties(object schema, int depth) {
  if (schema.size() == 0) return;
  add(kProperties);
  for (const auto [name, value] : schema) property(name, value, depth);
}

void Counter::property(std::string_view name, element value, int depth) {
  add(kPerProperty);
  object described;
  if (value.get_object().get(described) != simdjson::SUCCESS) return;
  std::string line{name};
  line.append(":").append(text_of(described, "type"));
  line.append(":").append(without_full_stop(text_of(described, "description")));
  add_text(line);
  array values;
  if (described["enum"].get_array().get(values) == simdjson::SUCCESS) {
    add(kEnum);
    for (const element item : values) {
      add(kPerEnumValue);
      add_text(item.is_string() ? std::string{text_of(item)} : simdjson::minify(item));
    }
  }
  nested(described, depth + 1);
}

// What stands inside a schema is described as its own properties are.
void Counter::nested(object schema, int depth) {
  for (const auto [key, value] : schema) {
    object inner;
    const bool is_object = value.get_object().get(inner) == simdjson::SUCCESS;
    if (key == "properties" && is_object) {
      if (depth < kSchemaDepthMax) {
        properties(inner, depth);
      } else {
        add_json(value);
      }
    } else if (key == "items" && is_object) {
      if (depth < kSchemaDepthMax) {
        nested(inner, depth + 1);
      } else {
        add_json(value);
      }
    } else if (key == "anyOf" || key == "oneOf" || key == "allOf" || key == "$defs") {
      add_json(value);
    }
  }
}

void Counter::response_format(element value) {
  object format;
  element schema;
  if (value.get_object().get(format) != simdjson::SUCCESS) return;
  if (format["json_schema"].get(schema) == simdjson::SUCCESS) add_json(schema);
}

}  // namespace

Result<PromptTokens> count_chat_prompt(const Tokenizer& tokenizer, std::string_view body) {
  simdjson::dom::parser parser;
  element root;
  if (parser.parse(body.data(), body.size()).get(root) != simdjson::SUCCESS) {
    return fail(Code::kBodyNotJson);
  }
  object fields;
  if (root.get_object().get(fields) != simdjson::SUCCESS) {
    return fail(Code::kBodyMalformed, "the body is no object");
  }
  return Counter{tokenizer}.count(fields);
}

}  // namespace tg::tokens
