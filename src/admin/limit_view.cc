// SPDX-License-Identifier: Apache-2.0
#include "admin/limit_view.h"

namespace tg::admin {
namespace {

using identity::LimitRecord;

// To the second in which it has happened, not the one before.
Json seconds_or_null(WallTime time) {
  if (time == WallTime::max()) return nullptr;
  return std::chrono::ceil<std::chrono::seconds>(time).time_since_epoch().count();
}

}  // namespace

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
            {"set_by_owner", record.set_by_owner},
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

}  // namespace tg::admin
