// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>

#include "admin/alert_arguments.h"
#include "admin/alert_changes.h"
#include "admin/api_handlers.h"
#include "admin/pages.h"

// The spend alerts of the Admin API: who shall be told by mail when an organization or a project
// has spent so many cents in a calendar month (UTC). Alerts on limits (alert_operations.cc) are not
// among them.
namespace tg::admin {
namespace {

using identity::LimitScope;
using notify::Alert;

constexpr auto* kChannel = "notification_channel";

// The organization or project that the alerts of a path are on.
struct Target {
  LimitScope scope = LimitScope::kOrganization;
  std::string id;
  std::string organization_id;
};

Target own_organization(const ApiRequest& request) {
  const auto id = request.caller.organization_id.text();
  return {.scope = LimitScope::kOrganization, .id = id, .organization_id = id};
}

ApiResult<Target> project_of(OperationContext& context, const ApiRequest& request) {
  TG_TRY(const auto project, find_project_of(context, request.caller, request.ids.front()));
  return Target{.scope = LimitScope::kProject,
                .id = project.id.text(),
                .organization_id = project.organization_id.text()};
}

const char* object_of(LimitScope scope) {
  return scope == LimitScope::kOrganization ? "organization.spend_alert" : "project.spend_alert";
}

Json to_json(const Alert& alert) {
  return Json{{"id", alert.id},
              {"object", object_of(alert.scope)},
              {"threshold_amount", alert.threshold.count() / kNanousdPerCent},
              {"currency", "USD"},
              {"interval", "month"},
              {kChannel,
               {{"type", "email"},
                {"recipients", alert.recipients},
                {"subject_prefix", text_or_null(alert.subject_prefix)}}}};
}

ApiResult<std::vector<Alert>> alerts_on(OperationContext& context, const Target& target) {
  TG_API_TRY(auto alerts, notify::list_alerts(context.database, {.target_id = target.id}));
  std::erase_if(alerts, [](const Alert& alert) { return !alert.limit_id.empty(); });
  return alerts;
}

ApiResult<Alert> find_on(OperationContext& context, const Target& target, const std::string& id) {
  auto found = notify::find_alert(context.database, id);
  if (!found && found.error().code != Code::kNotFound) {
    return std::unexpected(to_api_error(found.error()));
  }
  if (!found || found->target_id != target.id || !found->limit_id.empty()) {
    return refuse(Code::kNotFound, "There is no such spend alert here.", "alert_id");
  }
  return *std::move(found);
}

ApiResult<void> check_choice(const Json& fields, const char* field, const char* only,
                             const std::string& param) {
  TG_TRY(const auto text, required_text(fields, field));
  if (text == only) return {};
  return refuse(Code::kFieldInvalid, std::string{"'"} + field + "' is " + only + ", nothing else.",
                param);
}

// All of it, for an update takes the same fields as a creation.
ApiResult<void> read_channel(const Json& body, Alert& alert) {
  const auto found = body.find(kChannel);
  if (found == body.end() || !found->is_object()) {
    return refuse(
        Code::kFieldInvalid,
        "'notification_channel' is missing: {\"type\": \"email\", \"recipients\": [...]}.",
        kChannel);
  }
  auto known = refuse_unknown_fields(*found, {"type", "recipients", "subject_prefix"});
  if (!known) known.error().param = std::string{kChannel} + "." + known.error().param;
  TG_TRY_DONE(std::move(known));
  TG_TRY_DONE(check_choice(*found, "type", "email", std::string{kChannel} + ".type"));
  TG_TRY(auto recipients, read_recipients(*found, kChannel));
  if (!recipients || recipients->empty()) {
    return refuse(Code::kFieldInvalid, "An alert needs somebody to tell: 1 to 20 e-mail addresses.",
                  std::string{kChannel} + ".recipients");
  }
  alert.recipients = *std::move(recipients);
  TG_TRY(const auto prefix, read_subject_prefix(*found, kChannel));
  alert.subject_prefix = prefix.value_or("");
  return {};
}

ApiResult<void> read_alert(const Json& body, Alert& alert) {
  constexpr std::int64_t kAbsent = -1;
  TG_TRY(const auto cents, optional_number(body, "threshold_amount", kAbsent, 0, kCentsMax));
  if (cents == kAbsent) {
    return refuse(Code::kFieldInvalid, "'threshold_amount' is missing: so many cents a month.",
                  "threshold_amount");
  }
  alert.threshold = NanoUsd{cents * kNanousdPerCent};
  TG_TRY_DONE(check_choice(body, "currency", "USD", "currency"));
  TG_TRY_DONE(check_choice(body, "interval", "month", "interval"));
  return read_channel(body, alert);
}

// `before` alone asks for those that come right before it.
ApiResult<std::vector<Alert>> part_of(std::vector<Alert> alerts, const std::string& after,
                                      const std::string& before) {
  if (!after.empty()) {
    const auto last = std::ranges::find(alerts, after, &Alert::id);
    if (last == alerts.end()) return refuse_after(after);
    alerts.erase(alerts.begin(), last + 1);
  }
  if (!before.empty()) {
    const auto first = std::ranges::find(alerts, before, &Alert::id);
    if (first == alerts.end()) {
      return refuse(Code::kFieldInvalid,
                    "'" + before + "' is not in this list; 'before' takes the first_id of a page.",
                    "before");
    }
    alerts.erase(first, alerts.end());
  }
  return alerts;
}

ApiResult<Json> list(OperationContext& context, const ApiRequest& request, const Target& target) {
  auto query = request.query;
  // As the description has it: nothing, and whether there is something.
  const bool none = query.contains("limit") && query["limit"] == "0";
  if (none) query.erase("limit");
  TG_TRY(auto page, read_page(query, {"order", "before"}));
  if (none) page.limit = 0;
  TG_TRY(const auto order, optional_text(query, "order"));
  if (!order.empty() && order != "asc" && order != "desc") {
    return refuse(Code::kFieldInvalid, "'order' is asc or desc.", "order");
  }
  TG_TRY(const auto before, optional_text(query, "before"));
  TG_TRY(auto alerts, alerts_on(context, target));
  if (order == "desc") std::ranges::reverse(alerts);
  TG_TRY(alerts, part_of(std::move(alerts), page.after, before));
  const bool upwards = page.after.empty() && !before.empty();
  page.after.clear();
  const bool has_more = alerts.size() > page.limit;
  if (upwards && has_more) {
    alerts.erase(alerts.begin(), alerts.end() - static_cast<std::ptrdiff_t>(page.limit));
  }
  TG_TRY(auto answer, page_of(
                          alerts, page, [](const Alert& alert) { return alert.id; },
                          [](const Alert& alert) { return to_json(alert); }));
  answer["has_more"] = has_more;
  return answer;
}

ApiResult<Json> create(OperationContext& context, const ApiRequest& request, const Target& target) {
  TG_TRY_DONE(
      refuse_unknown_fields(request.body, {"threshold_amount", "currency", "interval", kChannel}));
  Alert alert{
      .scope = target.scope, .target_id = target.id, .organization_id = target.organization_id};
  TG_TRY_DONE(read_alert(request.body, alert));
  TG_TRY(const auto added, add_alert_now(context, alert, request.caller));
  return to_json(added);
}

ApiResult<Json> retrieve(OperationContext& context, const ApiRequest& request,
                         const Target& target) {
  TG_TRY(const auto alert, find_on(context, target, request.ids.back()));
  return to_json(alert);
}

ApiResult<Json> update(OperationContext& context, const ApiRequest& request, const Target& target) {
  TG_TRY(auto alert, find_on(context, target, request.ids.back()));
  TG_TRY_DONE(check_update_fields(request, {"threshold_amount", "currency", "interval", kChannel}));
  TG_TRY_DONE(read_alert(request.body, alert));
  TG_TRY(const auto updated, update_alert_now(context, alert.id,
                                              {.threshold = alert.threshold,
                                               .percents = {},
                                               .recipients = alert.recipients,
                                               .subject_prefix = alert.subject_prefix},
                                              request.caller));
  return to_json(updated);
}

ApiResult<Json> remove(OperationContext& context, const ApiRequest& request, const Target& target) {
  TG_TRY(const auto alert, find_on(context, target, request.ids.back()));
  TG_API_TRY(const auto removed,
             notify::remove_alert(context.database, alert.id, request.caller.actor));
  return Json{{"id", removed.id},
              {"object", std::string{object_of(removed.scope)} + ".deleted"},
              {"deleted", true}};
}

using OnTarget = ApiResult<Json>(OperationContext& context, const ApiRequest& request,
                                 const Target& target);

ApiResult<Json> on_project(OperationContext& context, const ApiRequest& request, OnTarget* act) {
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto target, project_of(context, request));
  return act(context, request, target);
}

ApiResult<Json> on_organization(OperationContext& context, const ApiRequest& request,
                                OnTarget* act) {
  const std::scoped_lock lock{context.changes};
  return act(context, request, own_organization(request));
}

}  // namespace

ApiResult<Json> spend_alerts_list(OperationContext& context, const ApiRequest& request) {
  return list(context, request, own_organization(request));
}

ApiResult<Json> spend_alerts_create(OperationContext& context, const ApiRequest& request) {
  return on_organization(context, request, create);
}

ApiResult<Json> spend_alerts_retrieve(OperationContext& context, const ApiRequest& request) {
  return retrieve(context, request, own_organization(request));
}

ApiResult<Json> spend_alerts_update(OperationContext& context, const ApiRequest& request) {
  return on_organization(context, request, update);
}

ApiResult<Json> spend_alerts_delete(OperationContext& context, const ApiRequest& request) {
  return on_organization(context, request, remove);
}

ApiResult<Json> projects_spend_alerts_list(OperationContext& context, const ApiRequest& request) {
  TG_TRY(const auto target, project_of(context, request));
  return list(context, request, target);
}

ApiResult<Json> projects_spend_alerts_create(OperationContext& context, const ApiRequest& request) {
  return on_project(context, request, create);
}

ApiResult<Json> projects_spend_alerts_retrieve(OperationContext& context,
                                               const ApiRequest& request) {
  TG_TRY(const auto target, project_of(context, request));
  return retrieve(context, request, target);
}

ApiResult<Json> projects_spend_alerts_update(OperationContext& context, const ApiRequest& request) {
  return on_project(context, request, update);
}

ApiResult<Json> projects_spend_alerts_delete(OperationContext& context, const ApiRequest& request) {
  return on_project(context, request, remove);
}

}  // namespace tg::admin
