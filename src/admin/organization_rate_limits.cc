// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "admin/api_handlers.h"
#include "admin/limit_changes.h"
#include "admin/pages.h"
#include "providers/snapshot_builder.h"

// Rate limits of the Admin API: requests, tokens, images and audio of a project, for each model
// that calls are sent as. They are limits like all others; where none is set, the number is
// kUnlimited.
namespace tg::admin {
namespace {

using identity::LimitRecord;
using limits::Metric;
using limits::Period;

// 2^53 - 1: what every reader of JSON takes as it was written. Sent back, it removes the limit.
constexpr std::int64_t kUnlimited = 9'007'199'254'740'991;
constexpr std::string_view kIdPrefix = "rl-";
constexpr std::size_t kRowsMax = 100;

struct RateField {
  const char* name;
  Metric metric;
  Period period;
  std::int64_t units = 1;  // of the metric, in one of the field's
  bool always = true;      // told where no limit is set, too
};
constexpr auto kFields = std::to_array<RateField>({
    {"max_requests_per_1_minute", Metric::kRequests, Period::kMinute},
    {"max_tokens_per_1_minute", Metric::kTokens, Period::kMinute},
    {"max_requests_per_1_day", Metric::kRequests, Period::kDay},
    {"max_images_per_1_minute", Metric::kImages, Period::kMinute, 1, false},
    {"max_audio_megabytes_per_1_minute", Metric::kAudio, Period::kMinute, 1'000'000, false},
});
constexpr auto kUnenforced = std::to_array<const char*>({"batch_1_day_max_input_tokens"});

LimitRecord limit_of(const identity::Project& project, const std::string& model,
                     const RateField& field) {
  return {.scope = identity::LimitScope::kProject,
          .target_id = project.id.text(),
          .organization_id = project.organization_id.text(),
          .rule = {.id = {},
                   .metric = field.metric,
                   .period = field.period,
                   .window = field.period == Period::kMinute ? limits::Window::kRate
                                                             : limits::Window::kCalendar,
                   .time_zone = "UTC",
                   .model = model}};
}

const LimitRecord* find_same(const std::vector<LimitRecord>& all, const LimitRecord& wanted) {
  const auto found = std::ranges::find_if(
      all, [&](const LimitRecord& limit) { return identity::is_same_limit(limit, wanted); });
  return found == all.end() ? nullptr : &*found;
}

Json to_json(const std::vector<LimitRecord>& all, const identity::Project& project,
             const std::string& model) {
  Json json{{"object", "project.rate_limit"}, {"id", kIdPrefix}, {"model", model}};
  json["id"] = std::string{kIdPrefix} + model;
  for (const auto& field : kFields) {
    const auto* limit = find_same(all, limit_of(project, model, field));
    if (limit == nullptr && !field.always) continue;
    json[field.name] = limit == nullptr ? kUnlimited : limit->rule.amount / field.units;
  }
  return json;
}

// Every model that calls are sent as, and those that a limit was set for before.
ApiResult<std::vector<std::string>> models_of(OperationContext& context,
                                              const std::vector<LimitRecord>& all,
                                              const identity::Project& project) {
  TG_API_TRY(const auto catalogue, context.catalogue());
  TG_API_TRY(const auto snapshot,
             providers::build_snapshot(context.database, context.folder.master_key(), *catalogue));
  std::set<std::string> models;
  for (const auto& [asked, route] : snapshot->routes) {
    for (const auto& target : route.targets) models.insert(target.upstream_model);
  }
  for (const auto& limit : all) {
    if (limit.target_id == project.id.text() && !limit.rule.model.empty()) {
      models.insert(limit.rule.model);
    }
  }
  return std::vector<std::string>(models.begin(), models.end());
}

ApiResult<void> refuse_unenforced(const Json& body) {
  for (const auto* field : kUnenforced) {
    if (!body.contains(field) || body[field].is_null()) continue;
    return refuse(Code::kFieldInvalid,
                  fmt::format("'{}' is not enforced yet, so it is not stored. Requests, tokens, "
                              "images and audio are.",
                              field),
                  field);
  }
  return {};
}

ApiResult<void> set_field(OperationContext& context, const ApiRequest& request,
                          const std::vector<LimitRecord>& all, LimitRecord wanted,
                          std::int64_t amount) {
  const auto* known = find_same(all, wanted);
  if (amount == kUnlimited) {
    if (known == nullptr) return {};
    TG_TRY_DONE(remove_limit_now(context, known->rule.id, request.caller));
    return {};
  }
  if (known != nullptr && known->rule.amount == amount) return {};
  wanted.rule.amount = amount;
  TG_TRY_DONE(set_limit_now(context, wanted, request.caller));
  return {};
}

}  // namespace

ApiResult<Json> projects_rate_limits_list(OperationContext& context, const ApiRequest& request) {
  TG_TRY(const auto page, read_page(request.query, {"before"}, kRowsMax));
  TG_TRY(const auto project, find_project_of(context, request.caller, request.ids.front()));
  TG_API_TRY(const auto all,
             identity::list_limits(context.database, {.target_ids = {project.id.text()}}));
  TG_TRY(auto models, models_of(context, all, project));
  TG_TRY(const auto before, optional_text(request.query, "before"));
  if (!before.empty()) {
    std::erase_if(
        models, [&](const std::string& model) { return std::string{kIdPrefix} + model >= before; });
  }
  return page_of(
      models, page, [](const std::string& model) { return std::string{kIdPrefix} + model; },
      [&](const std::string& model) { return to_json(all, project, model); });
}

ApiResult<Json> projects_rate_limits_update(OperationContext& context, const ApiRequest& request) {
  TG_TRY_DONE(refuse_unenforced(request.body));
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto project, find_project_of(context, request.caller, request.ids.front()));
  TG_API_TRY(const auto all,
             identity::list_limits(context.database, {.target_ids = {project.id.text()}}));
  TG_TRY(const auto models, models_of(context, all, project));
  const auto& id = request.ids.back();
  const auto model = id.starts_with(kIdPrefix) ? id.substr(kIdPrefix.size()) : std::string{};
  if (std::ranges::find(models, model) == models.end()) {
    return refuse(Code::kNotFound,
                  fmt::format("There is no rate limit '{}': calls are sent as no such model.", id),
                  "rate_limit_id");
  }
  // What GET lists can be sent back.
  const auto present = to_json(all, project, model);
  auto changed = request.body;
  for (const auto* field : {"object", "id", "model"}) {
    if (changed.contains(field) && changed[field] == present[field]) changed.erase(field);
  }
  TG_TRY_DONE(refuse_unknown_fields(changed, {kFields[0].name, kFields[1].name, kFields[2].name,
                                              kFields[3].name, kFields[4].name}));
  for (const auto& field : kFields) {
    TG_TRY(const auto amount, optional_number(changed, field.name, -1, 0, kUnlimited));
    if (amount < 0) continue;
    const auto units = amount > kUnlimited / field.units ? kUnlimited : amount * field.units;
    TG_TRY_DONE(set_field(context, request, all, limit_of(project, model, field), units));
  }
  TG_API_TRY(const auto now,
             identity::list_limits(context.database, {.target_ids = {project.id.text()}}));
  return to_json(now, project, model);
}

}  // namespace tg::admin
