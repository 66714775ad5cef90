// SPDX-License-Identifier: Apache-2.0
// Costs of the Admin API: what an organization was charged, by day and group, from the same rollups
// as its usage. A line item is a model, and where none is asked, the endpoint.
#include <algorithm>
#include <optional>

#include "admin/usage_request.h"
#include "ledger/rollup_query.h"

namespace tg::admin {
namespace {

using ledger::at;
using ledger::Dimension;
using ledger::RollupGroup;
using ledger::Sum;
using ledger::Sums;

constexpr std::array kWidths{
    BucketWidth{.name = "1d", .minutes = 24 * 60, .buckets = 7, .buckets_max = 180}};

struct CostGroup {
  std::string_view name;
  std::string_view filter;
};
constexpr std::array kGroups{
    CostGroup{"project_id", "project_ids"},
    CostGroup{"line_item", "line_items"},
    CostGroup{"api_key_id", "api_key_ids"},
    CostGroup{"user_id", "user_ids"},
    CostGroup{"api_source", ""},
};

std::string line_item(const RollupGroup& usage) {
  const auto& model = usage.name(Dimension::kModel);
  return model.empty() ? usage.name(Dimension::kEndpoint) : model;
}

Json value_of(std::string_view group, const RollupGroup& usage) {
  if (group == "project_id") return usage.name(Dimension::kProject);
  if (group == "line_item") return line_item(usage);
  if (group == "api_key_id") return usage.name(Dimension::kKey);
  if (group == "user_id") return usage.name(Dimension::kOwner);
  return nullptr;
}

void add_dimensions(std::string_view group, ledger::DimensionSet& dimensions) {
  if (group == "project_id") dimensions.insert(Dimension::kProject);
  if (group == "api_key_id") dimensions.insert(Dimension::kKey);
  if (group == "user_id") dimensions.insert(Dimension::kOwner);
  if (group != "line_item") return;
  dimensions.insert(Dimension::kModel);
  dimensions.insert(Dimension::kEndpoint);
}

bool is_filter(std::string_view name) {
  return std::ranges::find(kGroups, name, &CostGroup::filter) != kGroups.end();
}

struct CostQuestion {
  ledger::RollupQuestion rollups;
  std::vector<std::string> groups;
  std::vector<std::string> line_items;  // empty: all

  [[nodiscard]] bool wants(const std::string& item) const {
    return line_items.empty() || std::ranges::find(line_items, item) != line_items.end();
  }
};

ApiResult<CostQuestion> read_question(const ApiRequest& request) {
  CostQuestion question;
  question.rollups.organization_id = request.caller.organization_id.text();
  TG_TRY(question.groups, query_texts(request.query, "group_by"));
  for (const auto& group : question.groups) {
    if (std::ranges::find(kGroups, group, &CostGroup::name) == kGroups.end()) {
      return refuse(Code::kFieldInvalid,
                    "'group_by' is any of: project_id, line_item, api_key_id, user_id, api_source.",
                    "group_by");
    }
    add_dimensions(group, question.rollups.group_by);
  }
  for (const auto& [field, dimension] :
       {std::pair{"project_ids", Dimension::kProject}, std::pair{"api_key_ids", Dimension::kKey},
        std::pair{"user_ids", Dimension::kOwner}}) {
    TG_TRY(auto texts, query_texts(request.query, field));
    if (texts.empty()) continue;
    question.rollups.filters.push_back({.dimension = dimension, .any_of = std::move(texts)});
  }
  TG_TRY(question.line_items, query_texts(request.query, "line_items"));
  if (!question.line_items.empty()) add_dimensions("line_item", question.rollups.group_by);
  return question;
}

// How much of what one line item is; null where it has no single unit.
struct Quantity {
  Json amount = nullptr;
  Json unit = nullptr;
};
Quantity quantity_of(const Sums& sums) {
  const auto usage = ledger::usage_of(sums);
  const auto tokens = usage.input_tokens() + usage.output_tokens();
  const int units = int{tokens > 0} + int{usage.output_images > 0} +
                    int{usage.input_characters > 0} + int{usage.input_milliseconds > 0};
  if (units != 1) return {};
  if (tokens > 0) return {.amount = tokens, .unit = "tokens"};
  if (usage.output_images > 0) return {.amount = usage.output_images, .unit = "images"};
  if (usage.input_characters > 0) return {.amount = usage.input_characters, .unit = "characters"};
  return {.amount = static_cast<double>(usage.input_milliseconds) / 1000,
          .unit = "duration_seconds"};
}

Json to_result(const Json& groups, const Sums& sums) {
  // Nano-dollars are read back exactly from the nearest double up to nine million dollars.
  const auto charge = static_cast<double>(sums[at(Sum::kCharge)]) / 1e9;
  Json result{{"object", "organization.costs.result"},
              {"amount", {{"value", charge}, {"currency", "usd"}}}};
  for (const auto& group : kGroups) {
    const auto found = groups.find(group.name);
    result[std::string{group.name}] = found == groups.end() ? Json(nullptr) : *found;
  }
  const auto quantity = groups.contains("line_item") ? quantity_of(sums) : Quantity{};
  result["quantity"] = quantity.amount;
  result["quantity_unit"] = quantity.unit;
  return result;
}

Json to_results(const CostQuestion& question, const ledger::RollupBucket& bucket) {
  auto results = Json::array();
  const auto values_of = [&question](const RollupGroup& usage) -> std::optional<Json> {
    if (!question.wants(line_item(usage))) return std::nullopt;
    auto values = Json::object();
    for (const auto& group : question.groups) values[group] = value_of(group, usage);
    return values;
  };
  for (const auto& result : merge_groups(bucket, values_of)) {
    results.push_back(to_result(result.values, result.sums));
  }
  return results;
}

}  // namespace

ApiResult<Json> costs(OperationContext& context, const ApiRequest& request) {
  TG_TRY_DONE(check_usage_fields(request.query, is_filter));
  TG_TRY(const auto page, read_usage_page(request.query, kWidths, wall_now()));
  TG_TRY(auto question, read_question(request));
  std::vector<Json> results;
  if (!page.bounds.empty()) {
    question.rollups.bounds = page.bounds;
    TG_API_TRY(const auto answer, ledger::query_rollups(context.database, question.rollups));
    for (const auto& bucket : answer.buckets) results.push_back(to_results(question, bucket));
  }
  return usage_page_json(page, std::move(results));
}

}  // namespace tg::admin
