// SPDX-License-Identifier: Apache-2.0
#include "openai/response_items.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "openai/request_input.h"
#include "openai/usage_json.h"

namespace tg::openai {
namespace {

using simdjson::dom::element;

constexpr std::size_t kPartsMax = 256;

// What an item of a type says stands in this member; a second one does as well. With neither, or
// with another type, the upstream completes the item by its id.
struct Carrier {
  std::string_view type;
  std::string_view member;
  std::string_view other;
};
constexpr auto kCarriers = std::to_array<Carrier>({
    {"message", "content", {}},
    {"reasoning", "encrypted_content", "content"},
    {"compaction", "encrypted_content", {}},
    {"function_call", "arguments", {}},
    {"function_call_output", "output", {}},
    {"custom_tool_call", "input", {}},
    {"custom_tool_call_output", "output", {}},
    {"computer_call", "action", "actions"},
    {"computer_call_output", "output", {}},
    {"local_shell_call", "action", {}},
    {"local_shell_call_output", "output", {}},
    {"shell_call", "action", {}},
    {"shell_call_output", "output", {}},
    {"apply_patch_call", "operation", {}},
    {"apply_patch_call_output", "status", {}},
    {"tool_search_call", "arguments", {}},
    {"tool_search_output", "tools", {}},
    {"additional_tools", "tools", {}},
    {"file_search_call", "results", {}},
    {"code_interpreter_call", "outputs", {}},
    {"image_generation_call", "result", {}},
    {"mcp_list_tools", "tools", {}},
    {"mcp_call", "output", {}},
    {"mcp_approval_request", "arguments", {}},
    {"mcp_approval_response", "approve", {}},
});
// Of an answer that is not stored a client can send these back whole, and nothing finds the others
// of their kind.
constexpr std::array<std::string_view, 4> kSeenWhole = {"message", "function_call",
                                                        "custom_tool_call", "reasoning"};

bool says_something(element value) {
  if (value.is_null()) return false;
  std::string_view text;
  if (value.get_string().get(text) == simdjson::SUCCESS) return !text.empty();
  return true;
}

// An array's too, for what is no message: `content: []` beside a reasoning's id says nothing.
bool is_empty_list(element value) {
  simdjson::dom::array list;
  return value.get_array().get(list) == simdjson::SUCCESS && list.size() == 0;
}

bool has(element item, std::string_view member, bool or_empty) {
  if (member.empty()) return false;
  bool found = false;
  each_member(item, [&](std::string_view key, element value) {
    found |= key == member && says_something(value) && (or_empty || !is_empty_list(value));
  });
  return found;
}

bool is_carried(element item, std::string_view type) {
  const auto carrier = std::ranges::find(kCarriers, type, &Carrier::type);
  if (carrier == kCarriers.end()) return false;
  const bool or_empty = type != "reasoning";
  return has(item, carrier->member, or_empty) || has(item, carrier->other, or_empty);
}

// Whether the item brings what it says. Of a name that is given twice both count, for an upstream
// may read either; an item without a type is a message, or a reference.
bool is_whole(element item) {
  bool whole = true;
  bool typed = false;
  each_member(item, [&](std::string_view key, element value) {
    if (key != "type" || value.is_null()) return;
    typed = true;
    whole = whole && is_carried(item, text_or_empty(value));
  });
  return typed ? whole : has(item, "role", true) && has(item, "content", true);
}

bool add_references_of(element item, References& references) {
  bool stands_for_more = false;
  const bool whole = is_whole(item);
  each_member(item, [&](std::string_view key, element value) {
    if (key == "id" && value.is_string() && !whole) {
      add_reference(value, references);
      stands_for_more = true;
    } else if (key == "container_id" || key == "approval_request_id") {
      if (value.is_string()) add_reference(value, references);
    } else if (key == "environment") {
      add_references(value, references);
    } else if (key == "tools") {
      add_tool_references(value, references);
      stands_for_more |= has_hosted_tool(value);
    }
  });
  return stands_for_more;
}

void add_part(ObjectKind kind, element value, std::vector<AnswerPart>& parts) {
  const auto id = text_or_empty(value);
  if (!is_object_id(id) || parts.size() == kPartsMax) return;
  if (std::ranges::find(parts, id, &AnswerPart::id) != parts.end()) return;
  parts.push_back({.kind = kind, .id = std::string{id}});
}

void add_container(element holder, std::vector<AnswerPart>& parts) {
  each_member(holder, [&](std::string_view key, element value) {
    if (key == "container_id") add_part(ObjectKind::kContainer, value, parts);
  });
}

bool is_seen_whole(element item) {
  bool seen = false;
  each_member(item, [&seen](std::string_view key, element value) {
    if (key == "type")
      seen = std::ranges::find(kSeenWhole, text_or_empty(value)) != kSeenWhole.end();
  });
  return seen;
}

}  // namespace

void add_items(element output, Kept kept, std::vector<AnswerPart>& parts) {
  simdjson::dom::array items;
  if (kept == Kept::kNothing || output.get_array().get(items) != simdjson::SUCCESS) return;
  for (const element item : items) {
    add_container(item, parts);
    const bool named = kept == Kept::kAll || !is_seen_whole(item);
    each_member(item, [&](std::string_view key, element value) {
      if (key == "id" && named) add_part(ObjectKind::kItem, value, parts);
      if (key == "environment") add_container(value, parts);
    });
  }
}

void add_recording(element audio, std::vector<AnswerPart>& parts) {
  each_member(audio, [&parts](std::string_view key, element value) {
    if (key == "id") add_part(ObjectKind::kItem, value, parts);
  });
}

bool add_item_references(element items, References& references) {
  simdjson::dom::array list;
  if (items.get_array().get(list) != simdjson::SUCCESS) return false;
  bool stands_for_more = false;
  for (const element item : list) stands_for_more |= add_references_of(item, references);
  return stands_for_more;
}

}  // namespace tg::openai
