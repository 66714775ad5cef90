// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>

#include "admin/alert_arguments.h"
#include "admin/api_handlers.h"
#include "admin/limit_changes.h"

// The spend limits of the Admin API: so many cents a calendar month (UTC), for an organization or a
// project. They are limits like all others, and the console shows them among them.
namespace tg::admin {
namespace {

using identity::LimitRecord;
using identity::LimitScope;

LimitRecord spend_limit_of(const Caller& caller, const identity::Project* project) {
  return {.scope = project == nullptr ? LimitScope::kOrganization : LimitScope::kProject,
          .target_id = project == nullptr ? caller.organization_id.text() : project->id.text(),
          .organization_id = caller.organization_id.text(),
          .rule = {.id = {},
                   .metric = limits::Metric::kMoney,
                   .period = limits::Period::kMonth,
                   .time_zone = "UTC",
                   .model = {}}};
}

const char* object_of(const LimitRecord& limit) {
  return limit.scope == LimitScope::kOrganization ? "organization.spend_limit"
                                                  : "project.spend_limit";
}

// A limit that was set finer than to a cent is shown as the cents that fit.
Json to_json(const LimitRecord& limit) {
  return Json{{"object", object_of(limit)},
              {"threshold_amount", limit.rule.amount / kNanousdPerCent},
              {"currency", "USD"},
              {"interval", "month"},
              {"enforcement", {{"status", limit.rule.hard ? "enforcing" : "inactive"}}}};
}

ApiResult<LimitRecord> find_limit(OperationContext& context, const LimitRecord& wanted) {
  TG_API_TRY(const auto all,
             identity::list_limits(context.database, {.target_ids = {wanted.target_id}}));
  const auto found = std::ranges::find_if(
      all, [&](const LimitRecord& limit) { return identity::is_same_limit(limit, wanted); });
  if (found != all.end()) return *found;
  return refuse(Code::kNotFound,
                "No spend limit is set here. POST one with threshold_amount (cents), currency and "
                "interval.");
}

ApiResult<void> check_choice(const Json& body, const char* field, const char* only) {
  TG_TRY(const auto text, required_text(body, field));
  if (text == only) return {};
  return refuse(Code::kFieldInvalid, std::string{"'"} + field + "' is " + only + ", nothing else.",
                field);
}

ApiResult<Json> update(OperationContext& context, const ApiRequest& request, LimitRecord wanted) {
  TG_TRY_DONE(check_update_fields(request, {"threshold_amount", "currency", "interval"}));
  TG_TRY(const auto cents, optional_number(request.body, "threshold_amount", 0, 1, kCentsMax));
  if (cents == 0) {
    return refuse(Code::kFieldInvalid, "'threshold_amount' is missing: the limit in cents.",
                  "threshold_amount");
  }
  TG_TRY_DONE(check_choice(request.body, "currency", "USD"));
  TG_TRY_DONE(check_choice(request.body, "interval", "month"));
  wanted.rule.amount = cents * kNanousdPerCent;
  TG_TRY(const auto set, set_limit_now(context, wanted, request.caller));
  return to_json(set);
}

ApiResult<Json> remove(OperationContext& context, const ApiRequest& request,
                       const LimitRecord& wanted) {
  TG_TRY(const auto limit, find_limit(context, wanted));
  TG_TRY_DONE(remove_limit_now(context, limit.rule.id, request.caller));
  return Json{{"object", std::string{object_of(limit)} + ".deleted"}, {"deleted", true}};
}

ApiResult<LimitRecord> of_project(OperationContext& context, const ApiRequest& request) {
  TG_TRY(const auto project, find_project_of(context, request.caller, request.ids.front()));
  return spend_limit_of(request.caller, &project);
}

}  // namespace

ApiResult<Json> spend_limit_retrieve(OperationContext& context, const ApiRequest& request) {
  TG_TRY_DONE(refuse_unknown_fields(request.query, {}));
  TG_TRY(const auto limit, find_limit(context, spend_limit_of(request.caller, nullptr)));
  return to_json(limit);
}

ApiResult<Json> spend_limit_update(OperationContext& context, const ApiRequest& request) {
  const std::scoped_lock lock{context.changes};
  return update(context, request, spend_limit_of(request.caller, nullptr));
}

ApiResult<Json> spend_limit_delete(OperationContext& context, const ApiRequest& request) {
  const std::scoped_lock lock{context.changes};
  return remove(context, request, spend_limit_of(request.caller, nullptr));
}

ApiResult<Json> projects_spend_limit_retrieve(OperationContext& context,
                                              const ApiRequest& request) {
  TG_TRY_DONE(refuse_unknown_fields(request.query, {}));
  TG_TRY(const auto wanted, of_project(context, request));
  TG_TRY(const auto limit, find_limit(context, wanted));
  return to_json(limit);
}

ApiResult<Json> projects_spend_limit_update(OperationContext& context, const ApiRequest& request) {
  const std::scoped_lock lock{context.changes};
  TG_TRY(auto wanted, of_project(context, request));
  return update(context, request, std::move(wanted));
}

ApiResult<Json> projects_spend_limit_delete(OperationContext& context, const ApiRequest& request) {
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto wanted, of_project(context, request));
  return remove(context, request, wanted);
}

}  // namespace tg::admin
