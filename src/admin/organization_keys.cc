// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "admin/api_handlers.h"
#include "admin/key_arguments.h"
#include "admin/new_key.h"
#include "admin/pages.h"
#include "identity/members.h"
#include "identity/pages.h"

// Admin keys, and the keys of a project, of the Admin API.
namespace tg::admin {
namespace {

using identity::KeyInfo;
using identity::OwnedKey;
using keys::KeyKind;

std::string id_of(const OwnedKey& key) { return key.info.id.text(); }

Json last_use_of(const OperationContext& context, const KeyInfo& key) {
  const auto used = last_use(context, key).at;
  return used ? Json(to_unix_s(*used)) : Json(nullptr);
}

Json expiry_of(const KeyInfo& key) {
  return key.expires_at ? Json(to_unix_s(*key.expires_at)) : Json(nullptr);
}

// A key of a deleted or archived owner is revoked, and no longer shown.
ApiResult<OwnedKey> with_owner(OperationContext& context, const KeyInfo& key) {
  OwnedKey owned{.info = key, .owner = std::nullopt};
  if (key.kind == KeyKind::kServiceAccount) return owned;
  TG_API_TRY(owned.owner,
             identity::find_member(context.database, key.organization_id, UserId{key.owner_id}));
  return owned;
}

Json owner_of(const OwnedKey& key) {
  if (!key.owner) {
    return Json{{"type", "service_account"},
                {"service_account",
                 {{"id", key.info.owner_id},
                  {"name", key.info.owner_name},
                  {"created_at", to_unix_s(key.info.created_at)},
                  {"role", "member"}}}};
  }
  const auto& user = *key.owner;
  return Json{{"type", "user"},
              {"user",
               {{"id", user.id.text()},
                {"email", user.email},
                {"name", user.name},
                {"created_at", to_unix_s(user.added_at)},
                {"role", user.role == "owner" ? "owner" : "member"}}}};
}

Json to_project_key(const OperationContext& context, const OwnedKey& key) {
  const auto& info = key.info;
  return Json{{"object", "organization.project.api_key"},
              {"id", info.id.text()},
              {"name", info.name},
              {"redacted_value", info.redacted},
              {"created_at", to_unix_s(info.created_at)},
              {"last_used_at", last_use_of(context, info)},
              {"expires_at", expiry_of(info)},
              {"owner_project_access", "active"},
              {"owner", owner_of(key)}};
}

Json to_admin_key(const OperationContext& context, const OwnedKey& key) {
  const auto& info = key.info;
  const auto user = key.owner.value_or(identity::Member{});
  return Json{{"object", "organization.admin_api_key"},
              {"id", info.id.text()},
              {"name", info.name},
              {"redacted_value", info.redacted},
              {"created_at", to_unix_s(info.created_at)},
              {"expires_at", expiry_of(info)},
              {"last_used_at", last_use_of(context, info)},
              {"owner",
               {{"type", "user"},
                {"object", "organization.user"},
                {"id", user.id.text()},
                {"name", user.name},
                {"created_at", to_unix_s(user.added_at)},
                {"role", user.role}}}};
}

// One that was found by its id.
using ShowKey = Json(const OperationContext&, const OwnedKey&);
ApiResult<Json> show_key_by(OperationContext& context, const KeyInfo& key, ShowKey* show) {
  TG_TRY(const auto owned, with_owner(context, key));
  return show(context, owned);
}

std::unexpected<ApiError> no_such_key(const std::string& id) {
  return refuse(Code::kNotFound, fmt::format("There is no API key '{}' here.", id), "key_id");
}

ApiResult<KeyInfo> find_admin_key(OperationContext& context, const ApiRequest& request) {
  const auto& id = request.ids.front();
  const auto key = find_key_of(context, request.caller, id);
  if (!key && key.error().code != Code::kNotFound) return std::unexpected(key.error());
  if (!key || key->kind != KeyKind::kAdmin || key->revoked_at) return no_such_key(id);
  return *key;
}

ApiResult<KeyInfo> find_project_key(OperationContext& context, const ApiRequest& request) {
  TG_TRY(const auto project, find_project_of(context, request.caller, request.ids.front()));
  const auto& id = request.ids.back();
  const auto key = find_key_of(context, request.caller, id);
  if (!key && key.error().code != Code::kNotFound) return std::unexpected(key.error());
  if (!key || key->project_id != project.id || key->revoked_at) return no_such_key(id);
  return *key;
}

ApiResult<Json> revoke(OperationContext& context, const ApiRequest& request, const KeyInfo& key,
                       const char* object) {
  TG_TRY(const auto revoked, revoke_now(context, key.id, "deleted", request.caller));
  return Json{{"object", object}, {"id", revoked.info.id.text()}, {"deleted", true}};
}

}  // namespace

ApiResult<Json> admin_api_keys_list(OperationContext& context, const ApiRequest& request) {
  TG_TRY(const auto page, read_page(request.query, {"order"}));
  TG_TRY(const auto order, optional_text(request.query, "order"));
  if (!order.empty() && order != "asc" && order != "desc") {
    return refuse(Code::kFieldInvalid, "'order' is asc or desc.", "order");
  }
  const auto keys = identity::page_of_admin_keys(
      context.database, request.caller.organization_id,
      {.limit = page.limit, .after = page.after, .newest_first = order == "desc"});
  return show_page(keys, page.after, id_of,
                   [&](const OwnedKey& key) { return to_admin_key(context, key); });
}

ApiResult<Json> admin_api_keys_create(OperationContext& context, const ApiRequest& request) {
  TG_TRY_DONE(refuse_unknown_fields(request.body, {"name", "expires_in_seconds"}));
  TG_TRY(const auto name, required_text(request.body, "name"));
  TG_TRY(const auto expiry, read_expiry(request.body, wall_now()));
  const std::scoped_lock lock{context.changes};
  WantedKey wanted{.key = {.kind = KeyKind::kAdmin,
                           .name = name,
                           .organization_id = request.caller.organization_id,
                           .user_id = request.caller.user_id}};
  if (expiry) wanted.key.expires_at = *expiry;
  TG_TRY(const auto made, make_new_key(context, std::move(wanted), request.caller));
  TG_TRY(auto json, show_key_by(context, made.info, to_admin_key));
  json["value"] = made.key.reveal();
  return json;
}

ApiResult<Json> admin_api_keys_retrieve(OperationContext& context, const ApiRequest& request) {
  TG_TRY(const auto key, find_admin_key(context, request));
  return show_key_by(context, key, to_admin_key);
}

ApiResult<Json> admin_api_keys_delete(OperationContext& context, const ApiRequest& request) {
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto key, find_admin_key(context, request));
  return revoke(context, request, key, "organization.admin_api_key.deleted");
}

ApiResult<Json> projects_api_keys_list(OperationContext& context, const ApiRequest& request) {
  TG_TRY(const auto page, read_page(request.query, {"owner_project_access"}));
  TG_TRY(const auto access, optional_text(request.query, "owner_project_access"));
  if (!access.empty() && access != "active" && access != "inactive" && access != "any") {
    return refuse(Code::kFieldInvalid, "'owner_project_access' is active, inactive or any.",
                  "owner_project_access");
  }
  TG_TRY(const auto project, find_project_of(context, request.caller, request.ids.front()));
  auto keys = identity::page_of_project_keys(context.database, project.id,
                                             {.limit = page.limit, .after = page.after});
  // A key whose owner has left the project is revoked with it.
  if (access == "inactive" && keys) *keys = {};
  return show_page(keys, page.after, id_of,
                   [&](const OwnedKey& key) { return to_project_key(context, key); });
}

ApiResult<Json> projects_api_keys_retrieve(OperationContext& context, const ApiRequest& request) {
  TG_TRY(const auto key, find_project_key(context, request));
  return show_key_by(context, key, to_project_key);
}

ApiResult<Json> projects_api_keys_update(OperationContext& context, const ApiRequest& request) {
  TG_TRY_DONE(check_update_fields(request, {"scopes", "expires_in_seconds"}));
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto key, find_project_key(context, request));
  identity::KeyUpdate update;
  TG_TRY(update.expires_at, read_expiry(request.body, wall_now()));
  TG_TRY(update.restrictions, read_restrictions(request.body, key.restrictions, false));
  if (!update.expires_at && !update.restrictions) {
    return refuse(Code::kFieldInvalid,
                  "Nothing to change: send 'scopes', 'expires_in_seconds', or both.", "scopes");
  }
  TG_TRY_DONE(check_lifetime(context, key, update));
  const auto changed = identity::update_key(context.database, key.id, update, request.caller.actor);
  if (!changed) return std::unexpected(to_api_error(changed.error(), "api_key_id"));
  if (context.live != nullptr) context.live->on_key_changed(changed->record);
  return show_key_by(context, changed->info, to_project_key);
}

ApiResult<Json> projects_api_keys_delete(OperationContext& context, const ApiRequest& request) {
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto key, find_project_key(context, request));
  return revoke(context, request, key, "organization.project.api_key.deleted");
}

}  // namespace tg::admin
