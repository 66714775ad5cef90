// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "admin/api_handlers.h"
#include "admin/key_arguments.h"
#include "admin/key_view.h"
#include "admin/limit_reading.h"
#include "admin/limit_view.h"
#include "admin/new_key.h"
#include "identity/federation_rules.h"

// What a key may know and do about itself, without anybody's session: who it is, what its limits
// leave, and its child keys.
namespace tg::admin {
namespace {

using identity::KeyInfo;
using identity::LimitRecord;

ApiResult<KeyInfo> find_self(OperationContext& context, const ApiRequest& request) {
  TG_API_TRY(auto key, identity::find_key(context.database, request.caller.key_id));
  return key;
}

// Every limit that its calls count on, its own first.
ApiResult<Json> limits_of(OperationContext& context, const KeyInfo& key) {
  TG_API_TRY(auto limits, identity::list_limits(
                              context.database,
                              {.organization_id = key.organization_id.text(),
                               .target_ids = {key.id.text(), key.parent_id.text(), key.owner_id,
                                              key.project_id.text(), key.organization_id.text()}}));
  std::ranges::sort(limits, {},
                    [](const LimitRecord& limit) { return std::pair{limit.scope, limit.rule.id}; });
  TG_API_TRY(const auto names, identity::target_names(context.database, limits));
  TG_API_TRY(const auto readings, read_limits(context, limits));
  auto shown = Json::array();
  for (std::size_t i = 0; i < limits.size(); ++i) {
    shown.push_back(to_json(limits[i], names[i], readings[i]));
  }
  return shown;
}

ApiResult<KeyInfo> find_child(OperationContext& context, const ApiRequest& request) {
  const auto& id = request.ids.front();
  auto child = identity::find_key(context.database, KeyId{id});
  if (child && child->parent_id == request.caller.key_id) return *std::move(child);
  if (!child && child.error().code != Code::kNotFound) {
    return std::unexpected(to_api_error(child.error()));
  }
  return refuse(Code::kNotFound, "This key has no child key '" + id + "'.", "id");
}

ApiResult<WantedKey> read_child(const Json& body, const KeyInfo& parent, const Caller& caller) {
  WantedKey wanted{.key = {.kind = parent.kind,
                           .name = {},
                           .project_id = parent.project_id,
                           .parent_id = parent.id}};
  TG_TRY(wanted.key.name, required_text(body, "name"));
  TG_TRY(wanted.key.note, optional_text(body, "note"));
  TG_TRY(const auto expiry, read_expiry(body, wall_now()));
  if (expiry) wanted.key.expires_at = *expiry;
  TG_TRY(auto restrictions, read_restrictions(body, {}, false));
  if (restrictions) wanted.key.restrictions = *std::move(restrictions);
  TG_TRY(wanted.limit, read_limit(body, caller));
  if (parent.kind == keys::KeyKind::kServiceAccount) {
    wanted.key.service_account_id = ServiceAccountId{parent.owner_id};
  } else {
    wanted.key.user_id = UserId{parent.owner_id};
  }
  return wanted;
}

}  // namespace

ApiResult<Json> self_retrieve(OperationContext& context, const ApiRequest& request) {
  TG_TRY_DONE(refuse_unknown_fields(request.query, {}));
  TG_TRY(const auto key, find_self(context, request));
  TG_API_TRY(const auto money, read_money(context, key.organization_id, {&key, 1}));
  auto json = to_json(context, money, key);
  json["organization_id"] = key.organization_id.text();
  TG_TRY(json["limits"], limits_of(context, key));
  return json;
}

ApiResult<Json> self_children_list(OperationContext& context, const ApiRequest& request) {
  TG_TRY_DONE(refuse_unknown_fields(request.query, {}));
  TG_TRY(const auto key, find_self(context, request));
  TG_API_TRY(const auto children, children_of(context, key));
  TG_API_TRY(const auto money, read_money(context, key.organization_id, children));
  auto data = Json::array();
  for (const auto& child : children) data.push_back(to_json(context, money, child));
  return Json{{"object", "list"}, {"data", std::move(data)}, {"has_more", false}};
}

ApiResult<Json> self_children_create(OperationContext& context, const ApiRequest& request) {
  TG_TRY_DONE(refuse_unknown_fields(
      request.body, {"name", "note", "expires_at", "expires_in_seconds", "scopes", "preset",
                     "endpoints", "models", "addresses", "limit"}));
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto key, find_self(context, request));
  if (!key.parent_id.empty() || key.kind == keys::KeyKind::kAdmin) {
    return refuse(Code::kForbidden,
                  "Only project, service account and test keys have child keys, one level deep.");
  }
  TG_API_TRY(const bool is_of_rule, identity::is_key_of_rule(context.database, key.id));
  if (is_of_rule) {
    return refuse(Code::kForbidden,
                  "An access token of a workload identity makes no keys, which would outlive it.");
  }
  TG_TRY(auto wanted, read_child(request.body, key, request.caller));
  TG_TRY(const auto made, make_new_key(context, std::move(wanted), request.caller));
  auto json = to_json(context, {}, made.info);
  json["value"] = made.key.reveal();
  return json;
}

ApiResult<Json> self_children_revoke(OperationContext& context, const ApiRequest& request) {
  TG_TRY_DONE(refuse_unknown_fields(request.body, {}));
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto child, find_child(context, request));
  TG_TRY(const auto revoked,
         revoke_now(context, child.id, "revoked by its parent", request.caller));
  return to_json(context, {}, revoked.info);
}

}  // namespace tg::admin
