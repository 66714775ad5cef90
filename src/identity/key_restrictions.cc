// SPDX-License-Identifier: Apache-2.0
#include "identity/key_restrictions.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "identity/people.h"
#include "openai/scopes.h"

namespace tg::identity {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kNamesMax = 32;
constexpr std::size_t kItemsMax = 100;
constexpr std::size_t kModelBytesMax = 128;
constexpr openai::EndpointMask kEverything = ~openai::EndpointMask{0};
constexpr std::string_view kModelList = "/v1/models";

std::optional<openai::EndpointMask> bit_of_path(std::string_view path) {
  if (path == kModelList) return openai::kModelListBit;
  const auto endpoint = openai::endpoint_named(path);
  if (!endpoint) return std::nullopt;
  return openai::bit_of(*endpoint) | openai::read_bit_of(*endpoint);
}

template <typename IsGood>
void add_faults(std::vector<RestrictionFault>& faults, const char* field,
                const std::vector<std::string>& items, std::size_t most, IsGood is_good) {
  if (items.size() > most) faults.push_back({field, "more than " + std::to_string(most)});
  for (const auto& item : items) {
    if (!is_good(item)) faults.push_back({field, item});
  }
}

openai::EndpointMask endpoints_of(const KeyRestrictions& restrictions) {
  openai::EndpointMask by_scope = restrictions.scopes.empty() ? kEverything : 0;
  for (const auto& scope : restrictions.scopes) {
    by_scope |= openai::endpoints_of_scope(scope).value_or(0);
  }
  openai::EndpointMask by_path = restrictions.endpoints.empty() ? kEverything : 0;
  for (const auto& path : restrictions.endpoints) by_path |= bit_of_path(path).value_or(0);
  return by_scope & by_path;
}

}  // namespace

bool is_model_pattern(const std::string& text) {
  const auto star = text.find('*');
  return is_display_name(text) && text.size() <= kModelBytesMax &&
         (star == std::string::npos || star + 1 == text.size());
}

std::vector<RestrictionFault> faults_of(const KeyRestrictions& restrictions) {
  std::vector<RestrictionFault> faults;
  add_faults(faults, "scopes", restrictions.scopes, kNamesMax, [](const std::string& scope) {
    return openai::endpoints_of_scope(scope).has_value();
  });
  add_faults(faults, "endpoints", restrictions.endpoints, kNamesMax,
             [](const std::string& path) { return bit_of_path(path).has_value(); });
  add_faults(faults, "models", restrictions.models, kItemsMax, is_model_pattern);
  add_faults(faults, "addresses", restrictions.addresses, kItemsMax,
             [](const std::string& range) { return keys::AddressRange::parse(range).has_value(); });
  return faults;
}

std::shared_ptr<const keys::KeyRules> to_rules(const KeyRestrictions& restrictions) {
  if (restrictions == KeyRestrictions{}) return nullptr;
  auto rules = std::make_shared<keys::KeyRules>();
  rules->endpoints = endpoints_of(restrictions);
  rules->models = restrictions.models;
  for (const auto& text : restrictions.addresses) {
    if (const auto range = keys::AddressRange::parse(text)) rules->addresses.push_back(*range);
  }
  return rules;
}

std::string to_text(const KeyRestrictions& restrictions) {
  if (restrictions == KeyRestrictions{}) return {};
  return Json{{"scopes", restrictions.scopes},
              {"endpoints", restrictions.endpoints},
              {"models", restrictions.models},
              {"addresses", restrictions.addresses}}
      .dump();
}

Result<KeyRestrictions> parse_restrictions(std::string_view text) {
  KeyRestrictions restrictions;
  if (text.empty()) return restrictions;
  const auto json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  const auto take = [&json](const char* field, std::vector<std::string>& items) {
    const auto found = json.find(field);
    if (found == json.end() || !found->is_array()) return false;
    for (const auto& item : *found) {
      if (!item.is_string()) return false;
      items.push_back(item.get<std::string>());
    }
    return true;
  };
  // A restriction that cannot be read must not become none.
  const bool read = json.is_object() && take("scopes", restrictions.scopes) &&
                    take("endpoints", restrictions.endpoints) &&
                    take("models", restrictions.models) &&
                    take("addresses", restrictions.addresses);
  if (!read) return fail(Code::kCorrupt, "a key in the database has damaged restrictions");
  return restrictions;
}

}  // namespace tg::identity
