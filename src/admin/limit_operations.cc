// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "admin/operation_context.h"
#include "identity/limits.h"
#include "ledger/usage_query.h"

// Spend limits on keys, projects and organizations.
namespace tg::admin {
namespace {

using identity::LimitScope;

ApiResult<LimitScope> read_scope(const Json& arguments) {
  TG_TRY(const auto text, required_text(arguments, "scope"));
  const auto scope = identity::parse_limit_scope(text);
  if (!scope) {
    return refuse(Code::kFieldInvalid,
                  fmt::format("'{}' is no scope: key, project, organization.", text), "scope");
  }
  return *scope;
}

ApiResult<std::optional<NanoUsd>> read_amount(const Json& arguments) {
  if (!arguments.contains("usd")) {
    return refuse(Code::kFieldInvalid, "'usd' is missing; null removes the limit.", "usd");
  }
  if (arguments["usd"].is_null()) return std::optional<NanoUsd>{};
  TG_TRY(const auto text, optional_text(arguments, "usd"));
  const auto amount = parse_usd(text);
  if (!amount) {
    return refuse(Code::kFieldInvalid,
                  fmt::format("'{}' is no amount in dollars; write it as \"12.50\", with at most "
                              "nine decimals.",
                              text),
                  "usd");
  }
  return amount;
}

ApiResult<void> check_period(const Json& arguments) {
  TG_TRY(const auto per, optional_text(arguments, "per"));
  if (!per.empty() && per != "total") {
    return refuse(Code::kFieldInvalid, fmt::format("'{}' is no period: total.", per), "per");
  }
  return {};
}

// The thing's name, once it is clear that the caller may see it.
ApiResult<std::string> name_of(OperationContext& context, const Caller& caller, LimitScope scope,
                               const std::string& id) {
  if (scope == LimitScope::kKey) {
    TG_TRY(const auto key, find_key_of(context, caller, id));
    return key.name;
  }
  if (scope == LimitScope::kProject) {
    TG_TRY(const auto project, find_project_of(context, caller, id));
    return project.name;
  }
  if (!caller.organization_id.empty() && caller.organization_id.text() != id) {
    return refuse(Code::kNotFound, fmt::format("There is no organization '{}'.", id), "id");
  }
  return std::string{};
}

ApiResult<NanoUsd> spent_in_ledger(OperationContext& context, LimitScope scope,
                                   const std::string& id) {
  TG_API_TRY(const auto all, scope == LimitScope::kKey ? ledger::spent_by_key(context.database)
                             : scope == LimitScope::kProject
                                 ? ledger::spent_by_project(context.database)
                                 : ledger::spent_by_organization(context.database));
  const auto found = std::ranges::find(all, id, &ledger::Spent::id);
  return found == all.end() ? NanoUsd{} : found->charge;
}

ApiResult<limits::Meter::Reading> read_meter(OperationContext& context, LimitScope scope,
                                             const std::string& id) {
  if (context.live != nullptr) {
    const auto reading = context.live->read_meter(std::string{identity::name(scope)}, id);
    if (reading) return *reading;
  }
  TG_TRY(const auto spent, spent_in_ledger(context, scope, id));
  return limits::Meter::Reading{.spent = spent, .held = {}};
}

struct Shown {
  LimitScope scope;
  std::string id;
  std::string name;
  std::optional<NanoUsd> amount;
};

ApiResult<Json> to_json(OperationContext& context, const Shown& limit) {
  TG_TRY(const auto reading, read_meter(context, limit.scope, limit.id));
  const auto left = limit.amount.value_or(NanoUsd{}) - reading.spent - reading.held;
  return Json{{"object", "tollgate.limit"},
              {"scope", identity::name(limit.scope)},
              {"id", limit.id},
              {"name", limit.name},
              {"per", "total"},
              {"limit_nanousd", limit.amount ? Json(limit.amount->count()) : Json(nullptr)},
              {"spent_nanousd", reading.spent.count()},
              {"held_nanousd", reading.held.count()},
              {"left_nanousd", limit.amount ? Json(left.count()) : Json(nullptr)}};
}

}  // namespace

ApiResult<Json> set_limit(OperationContext& context, const Json& arguments, const Caller& caller) {
  TG_TRY(const auto scope, read_scope(arguments));
  TG_TRY(const auto id, required_text(arguments, "id"));
  TG_TRY(const auto amount, read_amount(arguments));
  TG_TRY_DONE(check_period(arguments));
  if (!caller.is_owner) {
    return refuse(Code::kForbidden, "Only an owner of the organization may set limits.");
  }
  TG_TRY(auto name, name_of(context, caller, scope, id));

  const std::scoped_lock lock{context.changes};
  TG_API_TRY_DONE(identity::set_limit(context.database, scope, id, amount, caller.actor));
  if (context.live != nullptr) {
    context.live->on_limit_set(std::string{identity::name(scope)}, id, amount);
  }
  return to_json(context, {.scope = scope, .id = id, .name = std::move(name), .amount = amount});
}

ApiResult<Json> list_limits(OperationContext& context, const Json& /*arguments*/,
                            const Caller& caller) {
  TG_API_TRY(const auto all, identity::list_limits(context.database));
  auto data = Json::array();
  for (const auto& limit : all) {
    auto name = name_of(context, caller, limit.scope, limit.id);
    if (!name && name.error().code == Code::kNotFound) continue;  // another organization's
    if (!name) return std::unexpected(std::move(name).error());
    TG_TRY(auto shown, to_json(context, {.scope = limit.scope,
                                         .id = limit.id,
                                         .name = *std::move(name),
                                         .amount = limit.amount}));
    data.push_back(std::move(shown));
  }
  return Json{{"object", "list"}, {"data", std::move(data)}, {"has_more", false}};
}

}  // namespace tg::admin
