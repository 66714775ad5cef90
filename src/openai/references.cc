// SPDX-License-Identifier: Apache-2.0
#include "openai/references.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "openai/usage_json.h"

namespace tg::openai {
namespace {

using simdjson::dom::element;

constexpr int kDepthMax = 16;

constexpr std::array<std::string_view, 13> kNames = {
    "file_id",   "file_ids",        "input_file_id",        "training_file",
    "container", "container_id",    "validation_file",      "vector_store_id",
    "skill_id",  "conversation_id", "previous_response_id", "vector_store_ids",
    "tunnel_id",
};

void add_ids(element value, References& references) {
  simdjson::dom::array list;
  if (value.get_array().get(list) != simdjson::SUCCESS) return add_reference(value, references);
  for (const element item : list) {
    if (item.is_string()) add_reference(item, references);
  }
}

void scan(element value, References& references, int depth) {
  if (depth > kDepthMax) return;
  simdjson::dom::array list;
  if (value.get_array().get(list) == simdjson::SUCCESS) {
    for (const element item : list) scan(item, references, depth + 1);
    return;
  }
  each_member(value, [&](std::string_view key, element inner) {
    if (std::ranges::find(kNames, key) != kNames.end()) add_ids(inner, references);
    if (inner.is_object() || inner.is_array()) scan(inner, references, depth + 1);
  });
}

bool is_hosted(element tool) {
  bool hosted = false;
  each_member(tool, [&hosted](std::string_view key, element value) {
    if (key != "type") return;
    const auto type = text_or_empty(value);
    hosted |= type != "function" && type != "custom";
  });
  return hosted;
}

}  // namespace

void add_reference(element value, References& references) {
  if (value.is_string()) {
    references.emplace_back(text_or_empty(value));
    return;
  }
  each_member(value, [&references](std::string_view key, element inner) {
    if (key == "id" && inner.is_string()) references.emplace_back(text_or_empty(inner));
  });
}

void add_references(element value, References& references) { scan(value, references, 1); }

void add_tool_references(element tools, References& references) {
  simdjson::dom::array list;
  if (tools.get_array().get(list) != simdjson::SUCCESS) return;
  for (const element tool : list) {
    if (is_hosted(tool)) scan(tool, references, 1);
  }
}

}  // namespace tg::openai
