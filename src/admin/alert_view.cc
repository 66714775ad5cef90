// SPDX-License-Identifier: Apache-2.0
#include "admin/alert_view.h"

#include "identity/limits.h"
#include "notify/alert_state.h"

namespace tg::admin {
namespace {

using notify::Alert;
using notify::AlertState;

Json resets_at(const AlertState& state) {
  if (state.window.is_rolling || state.window.time.end == WallTime::max()) return nullptr;
  return to_unix_s(state.window.time.end);
}

Json told_json(const AlertState& state) {
  if (!state.last_told) return nullptr;
  const auto& told = *state.last_told;
  return Json{{"at", to_unix_s(told.sent_at)},
              {"percent", told.percent == 0 ? Json(nullptr) : Json(told.percent)},
              {"threshold_nanousd", told.threshold.count()},
              {"spent_nanousd", told.spent.count()}};
}

Json to_json(const Alert& alert, const AlertState& state, const std::string& target_name) {
  const bool is_of_limit = !alert.limit_id.empty();
  const auto rule = state.limit.value_or(notify::own_rule());
  return Json{{"object", "tollgate.alert"},
              {"id", alert.id},
              {"kind", is_of_limit ? "limit" : "spend"},
              {"scope", identity::name(alert.scope)},
              {"target_id", alert.target_id},
              {"target_name", target_name},
              {"limit_id", text_or_null(alert.limit_id)},
              {"amount_nanousd", is_of_limit ? rule.amount : alert.threshold.count()},
              {"percents", is_of_limit ? Json(alert.percents) : Json(nullptr)},
              {"per", limits::name(rule.period)},
              {"window", limits::name(rule.window)},
              {"time_zone", rule.time_zone},
              {"recipients", alert.recipients},
              {"subject_prefix", text_or_null(alert.subject_prefix)},
              {"spent_nanousd", state.spent.count()},
              {"resets_at", resets_at(state)},
              {"last_sent", told_json(state)}};
}

}  // namespace

ApiResult<std::vector<Json>> show_alerts(OperationContext& context,
                                         const std::vector<Alert>& alerts) {
  TG_API_TRY(const auto states, notify::states_of(context.database, alerts));
  std::vector<identity::LimitRecord> targets;
  for (const auto& alert : alerts) {
    targets.push_back({.scope = alert.scope,
                       .target_id = alert.target_id,
                       .organization_id = alert.organization_id,
                       .rule = {}});
  }
  TG_API_TRY(const auto names, identity::target_names(context.database, targets));
  std::vector<Json> shown;
  for (std::size_t i = 0; i < alerts.size(); ++i) {
    shown.push_back(to_json(alerts[i], states[i], names[i]));
  }
  return shown;
}

}  // namespace tg::admin
