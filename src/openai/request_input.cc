// SPDX-License-Identifier: Apache-2.0
#include "openai/request_input.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace tg::openai {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

constexpr int kDepthMax = 3;

constexpr std::array<std::string_view, 18> kTextTypes = {
    "text",
    "input_text",
    "output_text",
    "refusal",
    "message",
    "reasoning",
    "summary_text",
    "reasoning_text",
    "function",
    "function_call",
    "function_call_output",
    "custom_tool_call",
    "shell_call",
    "custom",
    "local_shell_call",
    "custom_tool_call_output",
    "apply_patch_call",
    "local_shell_call_output",
};
constexpr std::array<std::string_view, 3> kImageTypes = {"image_url", "input_image",
                                                         "computer_screenshot"};
constexpr std::array<std::string_view, 3> kOtherMediaTypes = {"input_audio", "input_file", "file"};

bool is_one_of(std::string_view text, std::span<const std::string_view> set) {
  return std::ranges::find(set, text) != set.end();
}

std::optional<std::string_view> text_of(element value) {
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS) return std::nullopt;
  return text;
}

// `value` is the data itself, or an object that holds it under `name`. Duplicates count each: they
// all stand in the body.
std::int64_t inline_bytes(element value, std::string_view name, std::string_view prefix) {
  if (const auto text = text_of(value)) {
    return text->starts_with(prefix) ? static_cast<std::int64_t>(text->size()) : 0;
  }
  object holder;
  if (value.get_object().get(holder) != simdjson::SUCCESS) return 0;
  std::int64_t bytes = 0;
  for (const auto [key, inner] : holder) {
    const auto text = key == name ? text_of(inner) : std::nullopt;
    if (text && text->starts_with(prefix)) bytes += static_cast<std::int64_t>(text->size());
  }
  return bytes;
}

struct Part {
  bool image = false;
  bool other_media = false;
};

void read_type(element value, Part& part, InputFacts& facts) {
  const auto type = text_of(value);
  if (!type || is_one_of(*type, kTextTypes)) return;
  if (is_one_of(*type, kImageTypes)) {
    part.image = true;
  } else if (is_one_of(*type, kOtherMediaTypes)) {
    part.other_media = true;
  } else {
    facts.open_ended = true;
  }
}

void read_value(element value, int depth, InputFacts& facts);

// Every member is looked at, not the first of each name: an upstream may read the last one.
void read_object(object item, int depth, InputFacts& facts) {
  Part part;
  for (const auto [key, value] : item) {
    if (key == "type") {
      read_type(value, part, facts);
    } else if (key == "content" || key == "output") {
      read_value(value, depth + 1, facts);
    } else if (value.is_null()) {
      continue;
    } else if (key == "image_url") {
      part.image = true;
      facts.media_bytes += inline_bytes(value, "url", "data:image/");
    } else if (key == "input_audio") {
      part.other_media = true;
      facts.media_bytes += inline_bytes(value, "data", "");
    } else if (key == "file" || key == "file_data") {
      part.other_media = true;
      facts.media_bytes += inline_bytes(value, "file_data", "");
      if (value.is_object()) add_references(value, facts.references);
    } else if (key == "file_id") {
      add_reference(value, facts.references);
    } else if (key == "audio" || key == "file_url") {
      // A message's recording, of an earlier answer.
      if (value.is_object()) add_reference(value, facts.references);
      facts.open_ended = true;
    }
  }
  if (part.image || part.other_media) ++facts.media;
  if (part.other_media) facts.open_ended = true;
}

void read_value(element value, int depth, InputFacts& facts) {
  if (value.is_string() || value.is_null()) return;
  if (depth > kDepthMax) {
    facts.open_ended = true;
    return;
  }
  if (value.is_object()) return read_object(value.get_object().value_unsafe(), depth, facts);
  simdjson::dom::array items;
  if (value.get_array().get(items) != simdjson::SUCCESS) return;
  for (const element item : items) {
    object member;
    if (item.get_object().get(member) == simdjson::SUCCESS) read_object(member, depth, facts);
  }
}

}  // namespace

void read_input(element value, InputFacts& facts) { read_value(value, 1, facts); }

bool has_hosted_tool(element tools) {
  simdjson::dom::array list;
  if (tools.get_array().get(list) != simdjson::SUCCESS) return !tools.is_null();
  for (const element tool : list) {
    object described;
    if (tool.get_object().get(described) != simdjson::SUCCESS) continue;
    for (const auto [key, value] : described) {
      if (key != "type") continue;
      const auto type = text_of(value);
      if (!type || (*type != "function" && *type != "custom")) return true;
    }
  }
  return false;
}

}  // namespace tg::openai
