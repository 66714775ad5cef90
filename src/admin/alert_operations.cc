// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "admin/alert_arguments.h"
#include "admin/alert_changes.h"
#include "admin/alert_view.h"
#include "admin/authorization.h"
#include "admin/limit_arguments.h"
#include "admin/operation_context.h"
#include "identity/limits.h"

// Alerts of both kinds, for the console and the command line: on a threshold of an organization or
// project, as the Admin API has them too, and on percentages of a limit of money.
namespace tg::admin {
namespace {

using identity::LimitScope;
using notify::Alert;

// Whoever may see or change the alerts of the organization or of the project that it is in; and
// everybody those of their own keys.
enum class Right : std::uint8_t { kNone, kOwn, kFull };

ApiResult<Right> right_in_project(OperationContext& context, const Caller& caller,
                                  const ProjectId& project_id, Access access) {
  TG_API_TRY(const auto permissions, permissions_in_project(context.database, caller, project_id));
  return permissions.has({Resource::kSpendAlerts, access}) ? Right::kFull : Right::kNone;
}

ApiResult<Right> right_on(OperationContext& context, const Caller& caller, LimitScope scope,
                          const std::string& target_id, Access access) {
  if (caller.permissions.has({Resource::kSpendAlerts, access})) return Right::kFull;
  switch (scope) {
    case LimitScope::kProject:
      return right_in_project(context, caller, ProjectId{target_id}, access);
    case LimitScope::kKey: {
      TG_TRY(const auto key, find_key_of(context, caller, target_id));
      TG_TRY(const auto right, right_in_project(context, caller, key.project_id, access));
      if (right == Right::kNone && key.owner_id == caller.user_id.text()) return Right::kOwn;
      return right;
    }
    case LimitScope::kUser: return target_id == caller.user_id.text() ? Right::kOwn : Right::kNone;
    case LimitScope::kServiceAccount:
    case LimitScope::kOrganization: break;
  }
  return Right::kNone;
}

// To tell strangers of one's own key is for those whom the organization trusts with alerts.
ApiResult<void> check_may_change(OperationContext& context, const Caller& caller,
                                 const Alert& alert) {
  TG_TRY(const auto right, right_on(context, caller, alert.scope, alert.target_id, Access::kWrite));
  if (right == Right::kFull) return {};
  if (right == Right::kNone) {
    return refuse(Code::kForbidden,
                  "Only an owner of the organization or project may set or remove this alert.",
                  "id");
  }
  if (alert.recipients.empty()) return {};
  return refuse(Code::kForbidden,
                "What you set on your own key tells you alone, without 'recipients'; an alert that "
                "tells others is an owner's.",
                "recipients");
}

ApiResult<Alert> find_own(OperationContext& context, const Json& arguments, const Caller& caller) {
  TG_TRY(const auto id, required_text(arguments, "id"));
  auto found = notify::find_alert(context.database, id);
  const auto& own = caller.organization_id;
  const bool foreign = found && !own.empty() && found->organization_id != own.text();
  if (foreign || (!found && found.error().code == Code::kNotFound)) {
    return refuse(Code::kNotFound,
                  fmt::format("There is no alert '{}'. 'tollgate alerts list' shows the ids.", id),
                  "id");
  }
  if (!found) return std::unexpected(to_api_error(found.error()));
  return *std::move(found);
}

ApiResult<void> take_limit(OperationContext& context, const Json& arguments, const Caller& caller,
                           const std::string& limit_id, Alert& alert) {
  auto limit = identity::find_limit(context.database, limit_id);
  const auto& own = caller.organization_id;
  const bool foreign = limit && !own.empty() && limit->organization_id != own.text();
  if (foreign || (!limit && limit.error().code == Code::kNotFound)) {
    return refuse(
        Code::kNotFound,
        fmt::format("There is no limit '{}'. 'tollgate limits list' shows the ids.", limit_id),
        "limit_id");
  }
  if (!limit) return std::unexpected(to_api_error(limit.error()));
  if (const auto fits = notify::check_alerted_limit(limit->rule); !fits) {
    return std::unexpected(to_api_error(fits.error(), "limit_id"));
  }
  alert.scope = limit->scope;
  alert.target_id = limit->target_id;
  alert.organization_id = limit->organization_id;
  alert.limit_id = limit->rule.id;
  TG_TRY(alert.percents, read_percents(arguments, "percents"));
  return {};
}

ApiResult<void> take_target(OperationContext& context, const Json& arguments, const Caller& caller,
                            Alert& alert) {
  TG_TRY(alert.scope, read_scope(arguments));
  TG_TRY(alert.target_id, required_text(arguments, "id"));
  if (alert.scope != LimitScope::kOrganization && alert.scope != LimitScope::kProject) {
    return refuse(Code::kFieldInvalid,
                  "A threshold is an organization's or a project's; of anything else, set a "
                  "limit and name it in 'limit_id'.",
                  "scope");
  }
  const auto target = identity::find_limit_target(context.database, alert.scope, alert.target_id,
                                                  caller.organization_id.text());
  if (!target && target.error().code == Code::kNotFound) {
    return refuse(Code::kNotFound,
                  fmt::format("There is no {} '{}'.", name(alert.scope), alert.target_id), "id");
  }
  if (!target) return std::unexpected(to_api_error(target.error()));
  alert.organization_id = target->organization_id;
  TG_TRY(alert.threshold, read_threshold(arguments, "usd"));
  return {};
}

ApiResult<void> refuse_together(const Json& arguments, std::initializer_list<const char*> fields) {
  for (const auto* field : fields) {
    if (!is_given(arguments, field)) continue;
    return refuse(
        Code::kFieldInvalid,
        fmt::format("'{}' does not go with the other fields: an alert is on 'scope', 'id' "
                    "and 'usd', or on 'limit_id' and 'percents'.",
                    field),
        field);
  }
  return {};
}

ApiResult<Json> show(OperationContext& context, const Alert& alert) {
  TG_TRY(auto shown, show_alerts(context, {alert}));
  return std::move(shown.front());
}

}  // namespace

ApiResult<Json> add_alert(OperationContext& context, const Json& arguments, const Caller& caller) {
  Alert alert;
  TG_TRY(const auto limit_id, optional_text(arguments, "limit_id"));
  if (limit_id.empty()) {
    TG_TRY_DONE(refuse_together(arguments, {"percents"}));
    TG_TRY_DONE(take_target(context, arguments, caller, alert));
  } else {
    TG_TRY_DONE(refuse_together(arguments, {"scope", "id", "usd"}));
    TG_TRY_DONE(take_limit(context, arguments, caller, limit_id, alert));
  }
  TG_TRY(auto recipients, read_recipients(arguments));
  alert.recipients = recipients.value_or(std::vector<std::string>{});
  if (alert.recipients.empty() && limit_id.empty()) {
    return refuse(Code::kFieldInvalid, "'recipients' is missing: 1 to 20 e-mail addresses.",
                  "recipients");
  }
  TG_TRY(const auto prefix, read_subject_prefix(arguments));
  alert.subject_prefix = prefix.value_or("");

  const std::scoped_lock lock{context.changes};
  TG_TRY_DONE(check_may_change(context, caller, alert));
  TG_TRY(const auto added, add_alert_now(context, alert, caller));
  return show(context, added);
}

ApiResult<Json> update_alert(OperationContext& context, const Json& arguments,
                             const Caller& caller) {
  const std::scoped_lock lock{context.changes};
  TG_TRY(auto alert, find_own(context, arguments, caller));
  TG_TRY_DONE(check_may_change(context, caller, alert));
  notify::AlertChange change;
  if (alert.limit_id.empty()) {
    TG_TRY_DONE(refuse_together(arguments, {"percents"}));
    if (is_given(arguments, "usd")) {
      TG_TRY(change.threshold, read_threshold(arguments, "usd"));
    }
  } else {
    TG_TRY_DONE(refuse_together(arguments, {"usd"}));
    if (is_given(arguments, "percents")) {
      TG_TRY(change.percents, read_percents(arguments, "percents"));
    }
  }
  TG_TRY(change.recipients, read_recipients(arguments));
  TG_TRY(change.subject_prefix, read_subject_prefix(arguments));
  if (change.recipients) alert.recipients = *change.recipients;
  TG_TRY_DONE(check_may_change(context, caller, alert));
  TG_TRY(const auto updated, update_alert_now(context, alert.id, change, caller));
  return show(context, updated);
}

ApiResult<Json> remove_alert(OperationContext& context, const Json& arguments,
                             const Caller& caller) {
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto alert, find_own(context, arguments, caller));
  TG_TRY(auto shown, show(context, alert));
  TG_TRY_DONE(check_may_change(context, caller, alert));
  TG_API_TRY_DONE(notify::remove_alert(context.database, alert.id, caller.actor));
  shown["deleted"] = true;
  return shown;
}

ApiResult<Json> list_alerts(OperationContext& context, const Json& arguments,
                            const Caller& caller) {
  TG_TRY(const auto target_id, optional_text(arguments, "target_id"));
  TG_API_TRY(auto alerts, notify::list_alerts(context.database,
                                              {.organization_id = caller.organization_id.text(),
                                               .target_id = target_id}));
  std::vector<Alert> seen;
  for (auto& alert : alerts) {
    TG_TRY(const auto right,
           right_on(context, caller, alert.scope, alert.target_id, Access::kRead));
    if (right != Right::kNone) seen.push_back(std::move(alert));
  }
  TG_TRY(auto shown, show_alerts(context, seen));
  return Json{{"object", "list"},
              {"data", std::move(shown)},
              {"has_more", false},
              {"mail_is_configured", context.has_mail()}};
}

}  // namespace tg::admin
