// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "admin/api_handlers.h"
#include "admin/key_arguments.h"
#include "admin/new_key.h"
#include "admin/pages.h"
#include "identity/pages.h"

// Service accounts of the Admin API, and their keys.
namespace tg::admin {
namespace {

using identity::ServiceAccount;

std::string id_of(const ServiceAccount& account) { return account.id.text(); }

Json to_json(const ServiceAccount& account) {
  return Json{{"object", "organization.project.service_account"},
              {"id", account.id.text()},
              {"name", account.name},
              {"role", "member"},
              {"created_at", to_unix_s(account.created_at)}};
}

ApiResult<ServiceAccount> find_account(OperationContext& context, const ApiRequest& request) {
  TG_TRY(const auto project, find_project_of(context, request.caller, request.ids[0]));
  const auto& id = request.ids[1];
  const auto account = identity::find_service_account(context.database, ServiceAccountId{id});
  if (!account && account.error().code != Code::kNotFound) {
    return std::unexpected(to_api_error(account.error()));
  }
  if (account && account->project_id == project.id) return *account;
  return refuse(
      Code::kNotFound,
      fmt::format("There is no service account '{}' in project '{}'.", id, project.id.text()),
      "service_account_id");
}

// `body` may have scopes and expires_in_seconds.
ApiResult<WantedKey> read_key(const Json& body, const std::string& name) {
  WantedKey wanted{.key = {.kind = keys::KeyKind::kServiceAccount, .name = name}};
  TG_TRY(const auto expiry, read_expiry(body, wall_now()));
  if (expiry) wanted.key.expires_at = *expiry;
  TG_TRY(auto restrictions, read_restrictions(body, {}, false));
  if (restrictions) wanted.key.restrictions = *std::move(restrictions);
  return wanted;
}

ApiResult<Json> add_key(OperationContext& context, const ApiRequest& request,
                        const ServiceAccount& account, WantedKey wanted) {
  wanted.key.project_id = account.project_id;
  wanted.key.service_account_id = account.id;
  TG_TRY(const auto made, make_new_key(context, std::move(wanted), request.caller));
  const auto& expires_at = made.info.expires_at;
  return Json{{"object", "organization.project.service_account.api_key"},
              {"id", made.info.id.text()},
              {"name", made.info.name},
              {"created_at", to_unix_s(made.info.created_at)},
              {"expires_at", expires_at ? Json(to_unix_s(*expires_at)) : Json(nullptr)},
              {"value", made.key.reveal()}};
}

}  // namespace

ApiResult<Json> projects_service_accounts_list(OperationContext& context,
                                               const ApiRequest& request) {
  TG_TRY(const auto page, read_page(request.query));
  TG_TRY(const auto project, find_project_of(context, request.caller, request.ids.front()));
  const auto accounts = identity::page_of_service_accounts(
      context.database, project.id, {.limit = page.limit, .after = page.after});
  return show_page(accounts, page.after, id_of, to_json);
}

ApiResult<Json> projects_service_accounts_create(OperationContext& context,
                                                 const ApiRequest& request) {
  TG_TRY_DONE(refuse_unknown_fields(request.body,
                                    {"name", "create_service_account_only", "expires_in_seconds"}));
  TG_TRY(const auto name, required_text(request.body, "name"));
  TG_TRY(const bool without_key, optional_flag(request.body, "create_service_account_only", false));
  TG_TRY(auto wanted, read_key(request.body, "Secret Key"));
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto project, find_project_of(context, request.caller, request.ids.front()));
  const auto account = identity::create_service_account(
      context.database, project.id, name, request.caller.user_id, request.caller.actor);
  if (!account) return std::unexpected(to_api_error(account.error(), "name"));
  auto json = to_json(*account);
  if (without_key) {
    json["role"] = "none";
    json["api_key"] = nullptr;
    return json;
  }
  TG_TRY(json["api_key"], add_key(context, request, *account, std::move(wanted)));
  return json;
}

ApiResult<Json> projects_service_accounts_retrieve(OperationContext& context,
                                                   const ApiRequest& request) {
  TG_TRY(const auto account, find_account(context, request));
  return to_json(account);
}

ApiResult<Json> projects_service_accounts_update(OperationContext& context,
                                                 const ApiRequest& request) {
  TG_TRY_DONE(check_update_fields(request, {"name", "role"}));
  TG_TRY(const auto name, optional_text(request.body, "name"));
  TG_TRY(const auto role, optional_text(request.body, "role"));
  if (!role.empty() && role != "member") {
    return refuse(Code::kFieldInvalid,
                  "A service account is a member of its project; nothing enforces another role.",
                  "role");
  }
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto account, find_account(context, request));
  if (name.empty()) return to_json(account);
  const auto renamed =
      identity::rename_service_account(context.database, account.id, name, request.caller.actor);
  if (!renamed) return std::unexpected(to_api_error(renamed.error(), "name"));
  return to_json(*renamed);
}

ApiResult<Json> projects_service_accounts_delete(OperationContext& context,
                                                 const ApiRequest& request) {
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto account, find_account(context, request));
  TG_API_TRY(const auto revoked,
             identity::delete_service_account(context.database, account.id, request.caller.actor));
  tell_live_of_revoked(context, revoked);
  return Json{{"object", "organization.project.service_account.deleted"},
              {"id", account.id.text()},
              {"deleted", true}};
}

ApiResult<Json> projects_service_accounts_api_keys_create(OperationContext& context,
                                                          const ApiRequest& request) {
  TG_TRY_DONE(refuse_unknown_fields(request.body, {"name", "scopes", "expires_in_seconds"}));
  TG_TRY(const auto name, optional_text(request.body, "name"));
  TG_TRY(auto wanted, read_key(request.body, name.empty() ? "Secret Key" : name));
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto account, find_account(context, request));
  return add_key(context, request, account, std::move(wanted));
}

}  // namespace tg::admin
