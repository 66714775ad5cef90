// SPDX-License-Identifier: Apache-2.0
#include "admin/key_view.h"

#include <algorithm>

#include "admin/limit_reading.h"
#include "admin/new_key.h"
#include "identity/limits.h"
#include "identity/pages.h"
#include "ledger/rollup_query.h"

namespace tg::admin {
namespace {

Json seconds_or_null(const std::optional<WallTime>& time) {
  return time ? Json(to_unix_s(*time)) : Json(nullptr);
}

void add_reading(KeyMoney& money, const limits::Rule& rule, const limits::Reading& reading) {
  ++money.limits;
  if (rule.metric != limits::Metric::kMoney) return;
  // A running call is held on each of them, so the most is what is held.
  money.held = std::max(money.held, NanoUsd{reading.held});
  if (rule.period != limits::Period::kTotal) return;
  money.limit = NanoUsd{rule.amount};
  // A running server's meters know more than the ledger: what has just been settled.
  money.spent = NanoUsd{reading.spent};
}

// Of the organization's usage, the column of charges, and of that the rows of these keys.
Result<void> add_charges(store::Database& database, const identity::LimitFilter& keys,
                         MoneyByKey& money) {
  constexpr auto kKey = ledger::Dimension::kKey;
  constexpr auto kCharge = ledger::at(ledger::Sum::kCharge);
  TG_TRY(const auto span, ledger::rollup_span(database, keys.organization_id));
  if (!span) return {};
  TG_TRY(
      const auto usage,
      ledger::query_rollups(database, {.organization_id = keys.organization_id,
                                       .bounds = {span->from, span->to},
                                       .group_by = {kKey},
                                       .filters = {{.dimension = kKey, .any_of = keys.target_ids}},
                                       .sums = std::uint64_t{1} << kCharge}));
  for (const auto& used : usage.buckets.front()) {
    money[used.name(kKey)].spent = NanoUsd{used.sum(ledger::Sum::kCharge)};
  }
  return {};
}

Json to_json(const identity::FormerSecret& secret, WallTime now) {
  return Json{{"object", "tollgate.key.former_secret"},
              {"id", secret.id},
              {"redacted_value", secret.redacted},
              {"created_at", to_unix_s(secret.created_at)},
              {"ends_at", to_unix_s(secret.ends_at)},
              {"opens", secret.ends_at > now},
              {"last_used_at", seconds_or_null(secret.last_used_at)},
              {"last_used_address", text_or_null(secret.last_address)},
              {"last_used_client", text_or_null(secret.last_client)}};
}

}  // namespace

Result<MoneyByKey> read_money(OperationContext& context, const OrganizationId& organization_id,
                              std::span<const identity::KeyInfo> keys) {
  MoneyByKey money;
  if (keys.empty()) return money;
  identity::LimitFilter filter{.organization_id = organization_id.text()};
  for (const auto& key : keys) {
    filter.target_ids.push_back(key.id.text());
    money[key.id.text()];
  }
  TG_TRY_DONE(add_charges(context.database, filter, money));
  TG_TRY(const auto limits, identity::list_limits(context.database, filter));
  TG_TRY(const auto readings, read_limits(context, limits));
  for (std::size_t i = 0; i < limits.size(); ++i) {
    add_reading(money[limits[i].target_id], limits[i].rule, readings[i]);
  }
  return money;
}

std::string_view status_of(const identity::KeyInfo& key, WallTime now) {
  if (key.revoked_at) return "revoked";
  if (key.expires_at && *key.expires_at <= now) return "expired";
  return key.paused_at ? "paused" : "active";
}

Json to_json(const OperationContext& context, const MoneyByKey& all, const identity::KeyInfo& key) {
  const auto found = all.find(key.id.text());
  const auto money = found == all.end() ? KeyMoney{} : found->second;
  const auto used = last_use(context, key);
  return Json{{"object", "tollgate.key"},
              {"id", key.id.text()},
              {"name", key.name},
              {"note", key.note},
              {"kind", keys::name(key.kind)},
              {"status", status_of(key, wall_now())},
              {"redacted_value", key.redacted},
              {"project_id", text_or_null(key.project_id.text())},
              {"project_name", key.project_id.empty() ? Json(nullptr) : Json(key.project_name)},
              {"owner_id", key.owner_id},
              {"owner_name", key.owner_name},
              {"parent_id", text_or_null(key.parent_id.text())},
              {"scopes", key.restrictions.scopes},
              {"endpoints", key.restrictions.endpoints},
              {"models", key.restrictions.models},
              {"addresses", key.restrictions.addresses},
              {"created_at", to_unix_s(key.created_at)},
              {"expires_at", seconds_or_null(key.expires_at)},
              {"paused_at", seconds_or_null(key.paused_at)},
              {"pause_reason", text_or_null(key.pause_reason)},
              {"rotated_at", seconds_or_null(key.rotated_at)},
              {"last_used_at", seconds_or_null(used.at)},
              {"last_used_address", text_or_null(used.address)},
              {"last_used_client", text_or_null(used.client)},
              {"revoked_at", seconds_or_null(key.revoked_at)},
              {"revoke_reason", text_or_null(key.revoke_reason)},
              {"spent_nanousd", money.spent.count()},
              {"held_nanousd", money.held.count()},
              {"limit_nanousd", money.limit ? Json(money.limit->count()) : Json(nullptr)},
              {"limit_count", money.limits}};
}

Result<std::vector<identity::KeyInfo>> children_of(OperationContext& context,
                                                   const identity::KeyInfo& key) {
  TG_TRY(auto children,
         identity::page_of_keys(context.database,
                                {.organization_id = key.organization_id, .parent_id = key.id},
                                {.limit = identity::kChildKeysMax, .newest_first = true}));
  return std::move(children.items);
}

ApiResult<Json> to_json_whole(OperationContext& context, const identity::KeyInfo& key) {
  TG_API_TRY(const auto children, children_of(context, key));
  auto family = children;
  family.push_back(key);
  TG_API_TRY(const auto money, read_money(context, key.organization_id, family));
  auto json = to_json(context, money, key);
  TG_API_TRY(const auto secrets, identity::list_former_secrets(context.database, key.id));
  TG_API_TRY(const auto networks, identity::list_key_networks(context.database, key.id));
  json["former_secrets"] = Json::array();
  for (const auto& secret : secrets) json["former_secrets"].push_back(to_json(secret, wall_now()));
  json["networks"] = Json::array();
  for (const auto& network : networks) {
    json["networks"].push_back(Json{{"network", network.network},
                                    {"first_seen_at", to_unix_s(network.first_seen_at)},
                                    {"last_seen_at", to_unix_s(network.last_seen_at)}});
  }
  json["child_keys"] = Json::array();
  for (const auto& child : children) json["child_keys"].push_back(to_json(context, money, child));
  return json;
}

}  // namespace tg::admin
