// SPDX-License-Identifier: Apache-2.0
#include "admin/entity_tag.h"

#include <algorithm>
#include <array>

#include "identity/token.h"

namespace tg::admin {
namespace {

constexpr auto kChangedByCalls = std::to_array<std::string_view>(
    {"last_used_at", "last_used_address", "last_used_client", "networks", "spent_nanousd",
     "held_nanousd", "api_key_last_used_at"});
constexpr std::size_t kTagBytes = 32;

// Of the object and of what is in it.
void forget_calls(Json& value) {
  if (value.is_object()) {
    for (const auto field : kChangedByCalls) value.erase(field);
  }
  for (auto& part : value) {
    if (part.is_structured()) forget_calls(part);
  }
}

}  // namespace

std::string entity_tag(const Json& object) {
  const auto kind = object.find("object");
  if (kind != object.end() && (*kind == "list" || *kind == "page")) return {};
  // A group does not say that it is one.
  if (kind == object.end() && !object.contains("id")) return {};
  auto stable = object;
  forget_calls(stable);
  return entity_tag_of_text(stable.dump(-1, ' ', false, Json::error_handler_t::replace));
}

std::string entity_tag_of_text(std::string_view text) {
  return '"' + identity::hash_text(text).substr(0, kTagBytes) + '"';
}

bool matches_entity_tag(std::string_view if_match, const Json& present) {
  return names_entity_tag(if_match, entity_tag(present));
}

bool names_entity_tag(std::string_view field, std::string_view tag) {
  if (field == "*") return true;
  while (!field.empty()) {
    const auto comma = std::min(field.find(','), field.size());
    auto given = field.substr(0, comma);
    field.remove_prefix(std::min(comma + 1, field.size()));
    while (given.starts_with(' ')) given.remove_prefix(1);
    while (given.ends_with(' ')) given.remove_suffix(1);
    if (given == tag) return true;
  }
  return false;
}

}  // namespace tg::admin
