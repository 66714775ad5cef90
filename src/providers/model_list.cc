// SPDX-License-Identifier: Apache-2.0
#include "providers/model_list.h"

#include <simdjson.h>

#include <algorithm>
#include <unordered_set>

namespace tg::providers {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;

// The name of one entry: an object with an id, or with a name as some local engines have it.
Result<std::string_view> read_name(element entry) {
  std::string_view name;
  if (entry["id"].get(name) != simdjson::SUCCESS && entry["name"].get(name) != simdjson::SUCCESS) {
    return fail(Code::kUpstreamProtocol, "the provider's list has an entry without an id");
  }
  if (!is_model_name(name)) {
    return fail(Code::kUpstreamProtocol, "the provider lists a model whose name cannot be one");
  }
  return name;
}

}  // namespace

bool is_model_name(std::string_view name) {
  return !name.empty() && name.size() <= kModelNameBytesMax &&
         std::ranges::all_of(name, [](char c) { return c > ' ' && c <= '~'; });
}

Result<std::vector<std::string>> parse_model_list(std::string_view body) {
  simdjson::dom::parser parser;
  element root;
  if (parser.parse(body.data(), body.size()).get(root) != simdjson::SUCCESS) {
    return fail(Code::kUpstreamProtocol, "the provider's list of models is not JSON");
  }
  array entries;
  if (root.get(entries) != simdjson::SUCCESS && root["data"].get(entries) != simdjson::SUCCESS) {
    return fail(Code::kUpstreamProtocol, "the provider's list of models has no data");
  }
  std::vector<std::string> models;
  std::unordered_set<std::string_view> seen;  // views into the parser's memory
  for (const element entry : entries) {
    TG_TRY(const auto name, read_name(entry));
    if (!seen.insert(name).second) continue;
    if (models.size() == kListedModelsMax) {
      return fail(Code::kUpstreamProtocol, "the provider lists more than 10,000 models");
    }
    models.emplace_back(name);
  }
  return models;
}

}  // namespace tg::providers
