// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "admin/authorization.h"
#include "admin/limit_reading.h"
#include "admin/new_key.h"
#include "admin/operation_context.h"
#include "identity/limits.h"
#include "keys/key_format.h"
#include "ledger/usage_query.h"

// Secret keys: made, listed, revoked.
namespace tg::admin {
namespace {

// What a key's limits and the ledger say about it, read once for a list.
struct KeyMoney {
  NanoUsd spent;
  NanoUsd held;
  std::optional<NanoUsd> limit;  // of all that it may ever spend
  int limits = 0;
};
using MoneyByKey = std::unordered_map<std::string, KeyMoney>;

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

Result<MoneyByKey> read_money(OperationContext& context, const OrganizationId& organization_id) {
  MoneyByKey money;
  TG_TRY(const auto usage,
         ledger::query_usage(
             context.database,
             {.organization_id = organization_id.text(), .from_day = {}, .to_day = {}}));
  for (const auto& row : usage.rows) money[row.key_id].spent += row.totals.charge;
  TG_TRY(auto limits, identity::list_limits(context.database));
  std::erase_if(limits, [&](const identity::LimitRecord& limit) {
    return limit.scope != identity::LimitScope::kKey ||
           limit.organization_id != organization_id.text();
  });
  TG_TRY(const auto readings, read_limits(context, limits));
  for (std::size_t i = 0; i < limits.size(); ++i) {
    add_reading(money[limits[i].target_id], limits[i].rule, readings[i]);
  }
  return money;
}

Json to_json(const OperationContext& context, const MoneyByKey& all, const identity::KeyInfo& key) {
  const auto found = all.find(key.id.text());
  const auto money = found == all.end() ? KeyMoney{} : found->second;
  return Json{{"object", "tollgate.key"},
              {"id", key.id.text()},
              {"name", key.name},
              {"kind", keys::name(key.kind)},
              {"redacted_value", key.redacted},
              {"project_id", key.project_id.empty() ? Json(nullptr) : Json(key.project_id.text())},
              {"project_name", key.project_id.empty() ? Json(nullptr) : Json(key.project_name)},
              {"owner_id", key.owner_id},
              {"owner_name", key.owner_name},
              {"created_at", to_unix_s(key.created_at)},
              {"last_used_at", seconds_or_null(last_use(context, key))},
              {"revoked_at", seconds_or_null(key.revoked_at)},
              {"spent_nanousd", money.spent.count()},
              {"held_nanousd", money.held.count()},
              {"limit_nanousd", money.limit ? Json(money.limit->count()) : Json(nullptr)},
              {"limit_count", money.limits}};
}

ApiResult<keys::KeyKind> read_kind(const Json& arguments) {
  TG_TRY(const auto text, optional_text(arguments, "kind"));
  const auto kind = keys::parse_kind(text.empty() ? "project" : text);
  if (!kind) {
    return refuse(
        Code::kFieldInvalid,
        fmt::format("'{}' is no kind of key: project, service-account, test, admin.", text),
        "kind");
  }
  return *kind;
}

ApiResult<ProjectId> read_project(OperationContext& context, const Json& arguments,
                                  const Caller& caller, const Subject& subject) {
  TG_TRY(const auto text, optional_text(arguments, "project_id"));
  if (!text.empty()) {
    TG_TRY(const auto project, find_project_of(context, caller, text));
    return project.id;
  }
  TG_API_TRY(const auto project,
             identity::default_project(context.database, subject.organization_id));
  return project.id;
}

// Keys of one's own need a place in the project; the others, the permission for them.
ApiResult<void> check_may_create(OperationContext& context, const Caller& caller,
                                 keys::KeyKind kind, const ProjectId& project_id) {
  TG_API_TRY(const auto there, permissions_in_project(context.database, caller, project_id));
  switch (kind) {
    case keys::KeyKind::kAdmin:
      if (caller.permissions.has({Resource::kAdminKeys, Access::kWrite})) return {};
      return refuse(Code::kForbidden, "Only an owner of the organization may create admin keys.",
                    "kind");
    case keys::KeyKind::kServiceAccount:
      if (there.has({Resource::kServiceAccounts, Access::kWrite})) return {};
      return refuse(Code::kForbidden,
                    "Only an owner of the project may create keys of service accounts.", "kind");
    case keys::KeyKind::kProject:
    case keys::KeyKind::kTest: break;
  }
  TG_API_TRY(const bool is_in, reaches_project(context.database, caller, project_id));
  if (is_in || there.has({Resource::kProjectKeys, Access::kWrite})) return {};
  return refuse(Code::kForbidden, "You are not in this project. Ask one of its owners to add you.",
                "project_id");
}

}  // namespace

ApiResult<Json> create_key(OperationContext& context, const Json& arguments, const Caller& caller) {
  TG_TRY(auto name, required_text(arguments, "name"));
  TG_TRY(const auto kind, read_kind(arguments));
  if (!identity::is_display_name(name)) {
    return refuse(Code::kFieldInvalid,
                  "A key's name has 1 to 256 bytes of text without control characters.", "name");
  }
  TG_TRY(const auto subject, subject_of(context, caller));
  TG_TRY(const auto project, read_project(context, arguments, caller, subject));
  TG_TRY_DONE(check_may_create(context, caller, kind, project));

  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto made, make_new_key(context,
                                       {.kind = kind,
                                        .name = std::move(name),
                                        .organization_id = subject.organization_id,
                                        .project_id = project,
                                        .user_id = subject.user_id},
                                       caller));
  auto answer = to_json(context, {}, made.info);
  answer["value"] = made.key.reveal();
  return answer;
}

ApiResult<Json> list_keys(OperationContext& context, const Json& arguments, const Caller& caller) {
  TG_TRY(const auto project_id, optional_text(arguments, "project_id"));
  TG_TRY(const auto subject, subject_of(context, caller));
  identity::KeyQuery query{.organization_id = subject.organization_id,
                           .project_id = std::nullopt,
                           .include_revoked = true};
  if (!project_id.empty()) query.project_id = ProjectId{project_id};
  TG_API_TRY(auto keys, identity::list_keys(context.database, query));
  if (!caller.permissions.has({Resource::kProjectKeys, Access::kRead})) {
    std::erase_if(
        keys, [&](const identity::KeyInfo& key) { return key.owner_id != subject.user_id.text(); });
  }
  TG_API_TRY(const auto money, read_money(context, subject.organization_id));

  auto data = Json::array();
  for (const auto& key : keys) data.push_back(to_json(context, money, key));
  return Json{{"object", "list"},
              {"first_id", keys.empty() ? Json(nullptr) : Json(keys.front().id.text())},
              {"last_id", keys.empty() ? Json(nullptr) : Json(keys.back().id.text())},
              {"has_more", false},
              {"data", std::move(data)}};
}

ApiResult<Json> revoke_key(OperationContext& context, const Json& arguments, const Caller& caller) {
  TG_TRY(const auto id, required_text(arguments, "id"));
  TG_TRY(const auto reason, optional_text(arguments, "reason"));
  TG_TRY(const auto key, find_key_of(context, caller, id));
  if (!caller.is_owner && key.owner_id != caller.user_id.text()) {
    return refuse(Code::kForbidden,
                  "Only the key's owner or an owner of the organization may "
                  "revoke it.");
  }
  const std::scoped_lock lock{context.changes};
  TG_API_TRY(const auto revoked,
             identity::revoke_key(context.database, key.id, reason, caller.actor));
  // Told again even if it was revoked before: to be sure costs nothing.
  if (context.live != nullptr) context.live->on_key_revoked(key.id);
  TG_API_TRY(const auto money, read_money(context, key.organization_id));
  return to_json(context, money, revoked.info);
}

}  // namespace tg::admin
