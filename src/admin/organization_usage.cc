// SPDX-License-Identifier: Apache-2.0
// Usage of the Admin API: what an organization used, by bucket of time and group, as OpenAI's
// operations tell it.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "admin/usage_families.h"
#include "admin/usage_request.h"
#include "ledger/rollup_query.h"

namespace tg::admin {
namespace {

using ledger::Dimension;
using ledger::RollupGroup;
using ledger::Sums;

constexpr std::array kWidths{
    BucketWidth{.name = "1d", .minutes = 24 * 60, .buckets = 7, .buckets_max = 31},
    BucketWidth{.name = "1h", .minutes = 60, .buckets = 24, .buckets_max = 168},
    BucketWidth{.name = "1m", .minutes = 1, .buckets = 60, .buckets_max = 1440}};

// Which of a rollup's dimensions a group is; nothing: no rollup tells it.
std::optional<Dimension> dimension_of(UsageGroup group) {
  switch (group) {
    case UsageGroup::kProject: return Dimension::kProject;
    case UsageGroup::kUser: return Dimension::kOwner;
    case UsageGroup::kKey: return Dimension::kKey;
    case UsageGroup::kModel: return Dimension::kModel;
    case UsageGroup::kBatch:
    case UsageGroup::kSource: return Dimension::kEndpoint;
    case UsageGroup::kServiceTier: return Dimension::kTier;
    case UsageGroup::kSize:
    case UsageGroup::kContextLevel: return Dimension::kSize;
    case UsageGroup::kVectorStore:
    case UsageGroup::kApiSource: break;
  }
  return std::nullopt;
}

ApiResult<void> check_fields(const Json& query, const UsageFamily& family) {
  return check_usage_fields(query, [&family](std::string_view name) {
    if (name == "batch") return family.has(UsageGroup::kBatch);
    return std::ranges::any_of(family.groups, [name](UsageGroup group) {
      return !info(group).filter.empty() && info(group).filter == name;
    });
  });
}

ApiResult<std::vector<UsageGroup>> read_groups(const Json& query, const UsageFamily& family) {
  TG_TRY(const auto names, query_texts(query, "group_by"));
  std::vector<UsageGroup> groups;
  for (const auto& name : names) {
    const auto found = std::ranges::find_if(
        family.groups, [&name](UsageGroup group) { return info(group).name == name; });
    if (found != family.groups.end()) {
      groups.push_back(*found);
      continue;
    }
    std::string known;
    for (const auto group : family.groups) {
      known += (known.empty() ? "" : ", ") + std::string{info(group).name};
    }
    return refuse(Code::kFieldInvalid, fmt::format("'group_by' is any of: {}.", known), "group_by");
  }
  return groups;
}

// Of the family's endpoints those that the filters leave.
ApiResult<std::vector<std::string>> read_endpoints(const Json& query, const UsageFamily& family) {
  TG_TRY(const auto batch, optional_text(query, "batch"));
  if (!batch.empty() && batch != "true" && batch != "false") {
    return refuse(Code::kFieldInvalid, "'batch' is true or false.", "batch");
  }
  TG_TRY(const auto sources, query_texts(query, "sources"));
  std::vector<std::string> endpoints;
  for (const auto endpoint : family.endpoints) {
    const std::string path{openai::path(endpoint)};
    const bool is_batch = endpoint == openai::Endpoint::kBatches;
    if (!batch.empty() && (batch == "true") != is_batch) continue;
    if (!sources.empty() && std::ranges::find(sources, image_source(path)) == sources.end())
      continue;
    endpoints.push_back(path);
  }
  return endpoints;
}

// Nothing: no usage can pass the filters.
ApiResult<std::optional<ledger::RollupQuestion>> read_question(const ApiRequest& request,
                                                               const UsageFamily& family) {
  ledger::RollupQuestion question{.organization_id = request.caller.organization_id.text(),
                                  .bounds = {}};
  TG_TRY(auto endpoints, read_endpoints(request.query, family));
  if (endpoints.empty()) return std::nullopt;
  question.filters.push_back({.dimension = Dimension::kEndpoint, .any_of = std::move(endpoints)});
  for (const auto group : family.groups) {
    if (info(group).filter.empty() || group == UsageGroup::kSource) continue;
    TG_TRY(auto texts, query_texts(request.query, info(group).filter));
    if (texts.empty()) continue;
    const auto dimension = dimension_of(group);
    if (!dimension) return std::nullopt;
    question.filters.push_back({.dimension = *dimension, .any_of = std::move(texts)});
  }
  question.sums = 0;
  for (const auto& field : family.fields) {
    for (const auto sum : field.sums) question.sums |= std::uint64_t{1} << sum;
  }
  return question;
}

// A group's value in a result.
Json value_of(UsageGroup group, const RollupGroup& usage) {
  const auto dimension = dimension_of(group);
  if (!dimension) return nullptr;
  const auto& name = usage.name(*dimension);
  if (group == UsageGroup::kBatch) return name == openai::path(openai::Endpoint::kBatches);
  if (group == UsageGroup::kSource) return image_source(name);
  // OpenAI's name for what no tier was asked for; a size that nobody said is none.
  if (group == UsageGroup::kServiceTier && name.empty()) return "default";
  if (name.empty()) return nullptr;
  return name;
}

Json to_result(const UsageFamily& family, const Json& groups, const Sums& sums) {
  Json result{{"object", family.object}};
  for (const auto& field : family.fields) {
    std::int64_t value = 0;
    for (const auto sum : field.sums) value += sums[sum];
    result[std::string{field.name}] = value / field.divisor;
  }
  for (const auto group : family.groups) {
    const std::string name{info(group).name};
    const auto found = groups.find(name);
    result[name] = found == groups.end() ? Json(nullptr) : *found;
  }
  return result;
}

// Endpoints that are one group to OpenAI are added up.
Json to_results(const UsageFamily& family, const std::vector<UsageGroup>& groups,
                const ledger::RollupBucket& bucket) {
  const auto values_of = [&groups](const RollupGroup& usage) -> std::optional<Json> {
    auto values = Json::object();
    for (const auto group : groups) values[std::string{info(group).name}] = value_of(group, usage);
    return values;
  };
  auto results = Json::array();
  for (const auto& merged : merge_groups(bucket, values_of)) {
    auto result = to_result(family, merged.values, merged.sums);
    const bool none = result[std::string{family.fields.front().name}] == 0;
    if (!family.of_some_calls || !none) results.push_back(std::move(result));
  }
  return results;
}

ApiResult<Json> usage_of_family(OperationContext& context, const ApiRequest& request,
                                std::string_view name) {
  const auto& family = usage_family(name);
  TG_TRY_DONE(check_fields(request.query, family));
  TG_TRY(const auto page, read_usage_page(request.query, kWidths, wall_now()));
  TG_TRY(const auto groups, read_groups(request.query, family));
  TG_TRY(auto question, read_question(request, family));
  ledger::RollupAnswer answer;
  answer.buckets.resize(page.bounds.empty() ? 0 : page.bounds.size() - 1);
  if (question && !answer.buckets.empty()) {
    question->bounds = page.bounds;
    for (const auto group : groups) {
      if (const auto dimension = dimension_of(group)) question->group_by.insert(*dimension);
    }
    TG_API_TRY(answer, ledger::query_rollups(context.database, *question));
  }
  std::vector<Json> results;
  for (const auto& bucket : answer.buckets) results.push_back(to_results(family, groups, bucket));
  return usage_page_json(page, std::move(results));
}

}  // namespace

ApiResult<Json> usage_completions(OperationContext& context, const ApiRequest& request) {
  return usage_of_family(context, request, "completions");
}
ApiResult<Json> usage_decisions(OperationContext& context, const ApiRequest& request) {
  return usage_of_family(context, request, "decisions");
}
ApiResult<Json> usage_embeddings(OperationContext& context, const ApiRequest& request) {
  return usage_of_family(context, request, "embeddings");
}
ApiResult<Json> usage_moderations(OperationContext& context, const ApiRequest& request) {
  return usage_of_family(context, request, "moderations");
}
ApiResult<Json> usage_images(OperationContext& context, const ApiRequest& request) {
  return usage_of_family(context, request, "images");
}
ApiResult<Json> usage_audio_speeches(OperationContext& context, const ApiRequest& request) {
  return usage_of_family(context, request, "audio_speeches");
}
ApiResult<Json> usage_audio_transcriptions(OperationContext& context, const ApiRequest& request) {
  return usage_of_family(context, request, "audio_transcriptions");
}
ApiResult<Json> usage_vector_stores(OperationContext& context, const ApiRequest& request) {
  return usage_of_family(context, request, "vector_stores");
}
ApiResult<Json> usage_code_interpreter_sessions(OperationContext& context,
                                                const ApiRequest& request) {
  return usage_of_family(context, request, "code_interpreter_sessions");
}
ApiResult<Json> usage_file_search_calls(OperationContext& context, const ApiRequest& request) {
  return usage_of_family(context, request, "file_search_calls");
}
ApiResult<Json> usage_web_search_calls(OperationContext& context, const ApiRequest& request) {
  return usage_of_family(context, request, "web_search_calls");
}

}  // namespace tg::admin
