// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "admin/authorization.h"
#include "admin/limit_arguments.h"
#include "admin/limit_changes.h"
#include "admin/limit_reading.h"
#include "admin/limit_view.h"
#include "admin/operation_context.h"
#include "admin/pages.h"
#include "identity/limit_pages.h"
#include "identity/limits.h"
#include "providers/snapshot_builder.h"

// Limits on keys, users, service accounts, projects and organizations.
namespace tg::admin {
namespace {

using identity::LimitRecord;
using identity::LimitScope;

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

// An owner may limit everything in the organization; anybody else their own keys, as long as they
// do not touch what an owner has set.
ApiResult<void> check_may_limit(OperationContext& context, const Caller& caller,
                                const LimitRecord& record) {
  if (caller.is_owner || caller.permissions.has({Resource::kLimits, Access::kWrite})) return {};
  const auto forbidden = [](const char* message) {
    return refuse(Code::kForbidden, message, "id");
  };
  constexpr auto* kOwnersOnly = "Only an owner of the organization may set or remove this limit.";
  if (record.scope != LimitScope::kKey) return forbidden(kOwnersOnly);
  const auto key = find_key_of(context, caller, record.target_id);
  if (!key) return std::unexpected(key.error());
  if (key->owner_id != caller.user_id.text()) return forbidden(kOwnersOnly);
  TG_API_TRY(const auto all,
             identity::list_limits(context.database, {.target_ids = {record.target_id}}));
  const bool owners_stands = std::ranges::any_of(all, [&](const LimitRecord& other) {
    return other.set_by_owner && identity::is_same_limit(other, record);
  });
  if (!owners_stands) return {};
  return forbidden("An owner of the organization has set this limit; only an owner may change it.");
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
  TG_TRY(const auto removed, remove_limit_now(context, record.rule.id, caller));
  return to_json_removed(removed, names.front(), reading);
}

// null in place of an amount: that there is no such limit is what was asked for, so it is no error.
ApiResult<Json> remove_same(OperationContext& context, const LimitRecord& wanted,
                            const std::string& target_name, const Caller& caller) {
  TG_API_TRY(const auto all,
             identity::list_limits(context.database, {.target_ids = {wanted.target_id}}));
  const auto same = std::ranges::find_if(
      all, [&](const auto& record) { return identity::is_same_limit(record, wanted); });
  if (same != all.end()) return remove_found(context, *same, caller);
  TG_TRY(const auto reading, read_one(context, wanted));
  return to_json_removed(wanted, target_name, reading);
}

}  // namespace

ApiResult<Json> set_limit(OperationContext& context, const Json& arguments, const Caller& caller) {
  TG_TRY(auto wanted, read_wanted_limit(arguments));
  auto& record = wanted.record;
  record.organization_id = caller.organization_id.text();
  record.set_by_owner =
      caller.is_owner || caller.permissions.has({Resource::kLimits, Access::kWrite});
  TG_TRY(const auto target, find_target(context, record));
  record.organization_id = target.organization_id;

  const std::scoped_lock lock{context.changes};
  TG_TRY_DONE(check_may_limit(context, caller, record));
  if (wanted.removes) return remove_same(context, record, target.name, caller);
  TG_TRY_DONE(refuse_revoked_key(context, record));
  TG_TRY_DONE(check_is_sent(context, record.rule.model));
  TG_TRY(const auto set, set_limit_now(context, record, caller));
  TG_TRY(const auto reading, read_one(context, set));
  return to_json(set, target.name, reading);
}

ApiResult<Json> remove_limit(OperationContext& context, const Json& arguments,
                             const Caller& caller) {
  TG_TRY(const auto id, required_text(arguments, "id"));
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
  TG_TRY_DONE(check_may_limit(context, caller, *found));
  return remove_found(context, *found, caller);
}

// Who may not see everybody's limits sees those that their own calls count on.
ApiResult<Json> list_limits(OperationContext& context, const Json& arguments,
                            const Caller& caller) {
  TG_TRY(const auto page, read_operation_page(arguments));
  identity::LimitPageFilter filter{.organization_id = caller.organization_id.text()};
  TG_TRY(filter.target_id, optional_text(arguments, "target_id"));
  TG_TRY(const auto scope, optional_text(arguments, "scope"));
  if (!scope.empty()) {
    TG_TRY(filter.scope, read_scope(arguments));
  }
  if (!caller.is_owner && !caller.permissions.has({Resource::kLimits, Access::kRead})) {
    filter.seen_by = caller.user_id;
  }
  const auto records = identity::page_of_limits(context.database, filter,
                                                {.limit = page.limit, .after = page.after});
  if (!records && records.error().code == Code::kNotFound) return refuse_after(page.after);
  TG_API_TRY(const auto found, records);
  TG_API_TRY(const auto names, identity::target_names(context.database, found.items));
  TG_API_TRY(const auto readings, read_limits(context, found.items));
  auto data = Json::array();
  for (std::size_t i = 0; i < found.items.size(); ++i) {
    data.push_back(to_json(found.items[i], names[i], readings[i]));
  }
  const bool any = !found.items.empty();
  return Json{{"object", "list"},
              {"data", std::move(data)},
              {"first_id", any ? Json(found.items.front().rule.id) : Json(nullptr)},
              {"last_id", any ? Json(found.items.back().rule.id) : Json(nullptr)},
              {"has_more", found.has_more}};
}

}  // namespace tg::admin
