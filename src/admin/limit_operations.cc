// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "admin/limit_arguments.h"
#include "admin/limit_reading.h"
#include "admin/operation_context.h"
#include "identity/limits.h"
#include "providers/snapshot_builder.h"

// Limits on keys, users, service accounts, projects and organizations.
namespace tg::admin {
namespace {

using identity::LimitRecord;
using identity::LimitScope;

// To the second in which it has happened, not the one before.
Json seconds_or_null(WallTime time) {
  if (time == WallTime::max()) return nullptr;
  return std::chrono::ceil<std::chrono::seconds>(time).time_since_epoch().count();
}

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json to_json(const LimitRecord& record, const std::string& target_name,
             const limits::Reading& reading) {
  const auto& rule = record.rule;
  Json json{{"object", "tollgate.limit"},
            {"id", text_or_null(rule.id)},
            {"scope", identity::name(record.scope)},
            {"target_id", record.target_id},
            {"target_name", target_name},
            {"metric", limits::name(rule.metric)},
            {"per", limits::name(rule.period)},
            {"window", limits::name(rule.window)},
            {"time_zone", rule.time_zone},
            {"model", text_or_null(rule.model)},
            {"amount", rule.amount},
            {"hard", rule.hard},
            {"trusts_upstream", rule.trusts_upstream},
            {"spent", reading.spent},
            {"held", reading.held},
            {"left", reading.left()},
            {"resets_at", seconds_or_null(reading.resets_at)}};
  if (rule.metric == limits::Metric::kMoney) {
    json["limit_nanousd"] = rule.amount;
    json["spent_nanousd"] = reading.spent;
    json["held_nanousd"] = reading.held;
    json["left_nanousd"] = reading.left();
  }
  return json;
}

// What it counted, and that nothing is limited any more.
Json to_json_removed(const LimitRecord& record, const std::string& target_name,
                     const limits::Reading& reading) {
  auto json = to_json(record, target_name, reading);
  for (const auto* field : {"amount", "left", "limit_nanousd", "left_nanousd", "resets_at"}) {
    if (json.contains(field)) json[field] = nullptr;
  }
  json["deleted"] = true;
  return json;
}

ApiResult<limits::Reading> read_one(OperationContext& context, const LimitRecord& record) {
  TG_API_TRY(const auto readings, read_limits(context, {record}));
  return readings.front();
}

ApiResult<void> check_owner(const Caller& caller) {
  if (caller.is_owner) return {};
  return refuse(Code::kForbidden, "Only an owner of the organization may set or remove limits.");
}

// The target's name and organization, once it is clear that the caller may see it.
ApiResult<identity::LimitTarget> find_target(OperationContext& context, const LimitRecord& record) {
  auto target = identity::find_limit_target(context.database, record.scope, record.target_id,
                                            record.organization_id);
  if (target) return *std::move(target);
  if (target.error().code != Code::kNotFound) return std::unexpected(to_api_error(target.error()));
  return refuse(
      Code::kNotFound,
      fmt::format("There is no {} '{}'.{}",
                  record.scope == LimitScope::kServiceAccount ? "service account"
                                                              : identity::name(record.scope),
                  record.target_id,
                  record.scope == LimitScope::kKey ? " 'tollgate keys list' shows the ids." : ""),
      "id");
}

// Nothing can be counted on it, now or later.
ApiResult<void> refuse_revoked_key(OperationContext& context, const LimitRecord& record) {
  if (record.scope != LimitScope::kKey) return {};
  TG_API_TRY(const auto key, identity::find_key(context.database, KeyId{record.target_id}));
  if (!key.revoked_at) return {};
  return refuse(Code::kConflict,
                fmt::format("The key '{}' is revoked; it makes no more calls.", record.target_id),
                "id");
}

// A mistyped name would limit nothing, and say nothing. Before there is a provider, any may come.
ApiResult<void> check_is_sent(OperationContext& context, const std::string& model) {
  if (model.empty()) return {};
  TG_API_TRY(const auto catalogue, context.catalogue());
  TG_API_TRY(const auto snapshot,
             providers::build_snapshot(context.database, context.folder.master_key(), *catalogue));
  if (!snapshot->has_provider) return {};
  for (const auto& [asked, route] : snapshot->routes) {
    const auto& targets = route.targets;
    if (std::ranges::find(targets, model, &config::Target::upstream_model) != targets.end()) {
      return {};
    }
  }
  const auto* route = snapshot->find_route(model);
  return refuse(
      Code::kFieldInvalid,
      route == nullptr
          ? fmt::format("No model is called '{}' here. 'tollgate routes list' shows which "
                        "are.",
                        model)
          : fmt::format("Calls for '{}' are sent as '{}', and count by that name.", model,
                        route->targets.front().upstream_model),
      "model");
}

ApiResult<Json> remove_found(OperationContext& context, const LimitRecord& record,
                             const Caller& caller) {
  TG_API_TRY(const auto names, identity::target_names(context.database, {record}));
  TG_TRY(const auto reading, read_one(context, record));
  TG_API_TRY(const auto removed,
             identity::remove_limit(context.database, record.rule.id, caller.actor));
  if (context.live != nullptr) context.live->on_limit_removed(removed);
  return to_json_removed(removed, names.front(), reading);
}

// null in place of an amount: that there is no such limit is what was asked for, so it is no error.
ApiResult<Json> remove_same(OperationContext& context, const LimitRecord& wanted,
                            const std::string& target_name, const Caller& caller) {
  TG_API_TRY(const auto all, identity::list_limits(context.database));
  const auto same = std::ranges::find_if(
      all, [&](const auto& record) { return identity::is_same_limit(record, wanted); });
  if (same != all.end()) return remove_found(context, *same, caller);
  TG_TRY(const auto reading, read_one(context, wanted));
  return to_json_removed(wanted, target_name, reading);
}

ApiResult<void> tell_live(OperationContext& context, const identity::LimitChange& change) {
  if (context.live == nullptr) return {};
  const auto told = context.live->on_limit_set(change);
  if (told) return {};
  return refuse(told.error().code,
                fmt::format("The limit {} is set, but what was spent before could not be read: {} "
                            "It counts from now on; a restart counts everything.",
                            change.record.rule.id, to_api_error(told.error()).message));
}

}  // namespace

ApiResult<Json> set_limit(OperationContext& context, const Json& arguments, const Caller& caller) {
  TG_TRY(auto wanted, read_wanted_limit(arguments));
  TG_TRY_DONE(check_owner(caller));
  auto& record = wanted.record;
  record.organization_id = caller.organization_id.text();
  TG_TRY(const auto target, find_target(context, record));
  record.organization_id = target.organization_id;

  const std::scoped_lock lock{context.changes};
  if (wanted.removes) return remove_same(context, record, target.name, caller);
  TG_TRY_DONE(refuse_revoked_key(context, record));
  TG_TRY_DONE(check_is_sent(context, record.rule.model));
  const auto change = identity::set_limit(context.database, record, caller.actor);
  if (!change) return std::unexpected(to_api_error(change.error(), "id"));
  TG_TRY_DONE(tell_live(context, *change));
  TG_TRY(const auto reading, read_one(context, change->record));
  return to_json(change->record, target.name, reading);
}

ApiResult<Json> remove_limit(OperationContext& context, const Json& arguments,
                             const Caller& caller) {
  TG_TRY(const auto id, required_text(arguments, "id"));
  TG_TRY_DONE(check_owner(caller));
  const std::scoped_lock lock{context.changes};
  const auto found = identity::find_limit(context.database, id);
  const auto& own = caller.organization_id;
  const bool foreign = found && !own.empty() && found->organization_id != own.text();
  if (foreign || (!found && found.error().code == Code::kNotFound)) {
    return refuse(Code::kNotFound,
                  fmt::format("There is no limit '{}'. 'tollgate limits list' shows the ids.", id),
                  "id");
  }
  if (!found) return std::unexpected(to_api_error(found.error()));
  return remove_found(context, *found, caller);
}

ApiResult<Json> list_limits(OperationContext& context, const Json& arguments,
                            const Caller& caller) {
  TG_TRY(const auto target_id, optional_text(arguments, "target_id"));
  TG_TRY(const auto scope_name, optional_text(arguments, "scope"));
  std::optional<LimitScope> scope;
  if (!scope_name.empty()) {
    TG_TRY(scope, read_scope(arguments));
  }
  TG_API_TRY(auto records, identity::list_limits(context.database));
  const auto& own = caller.organization_id;
  std::erase_if(records, [&](const LimitRecord& record) {
    return (!own.empty() && record.organization_id != own.text()) ||
           (scope && record.scope != *scope) ||
           (!target_id.empty() && record.target_id != target_id);
  });
  TG_API_TRY(const auto names, identity::target_names(context.database, records));
  TG_API_TRY(const auto readings, read_limits(context, records));

  auto data = Json::array();
  for (std::size_t i = 0; i < records.size(); ++i) {
    data.push_back(to_json(records[i], names[i], readings[i]));
  }
  return Json{{"object", "list"}, {"data", std::move(data)}, {"has_more", false}};
}

}  // namespace tg::admin
