// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "admin/api_handlers.h"
#include "admin/entry_mails.h"
#include "admin/passwords.h"
#include "admin/session_object.h"
#include "identity/password_change.h"
#include "identity/sessions.h"

// What a person does about themself: name, password, sessions, the organization they work in.
namespace tg::admin {
namespace {

// A key acts for a person, but is not them: it neither signs them out nor changes their password.
ApiResult<void> need_session(const Caller& caller) {
  if (!caller.session_hash.empty()) return {};
  return refuse(Code::kForbidden, "Only the person may do this: sign in to the console.");
}

ApiResult<identity::User> find_caller(OperationContext& context, const Caller& caller) {
  TG_API_TRY(auto user, identity::find_user(context.database, caller.user_id));
  return user;
}

Json to_json(const identity::User& user) {
  return Json{{"object", "tollgate.profile"},
              {"id", user.id.text()},
              {"email", user.email},
              {"name", user.name},
              {"created_at", to_unix_s(user.created_at)}};
}

// The browser's session goes on under another token.
ApiResult<Json> go_on_with(OperationContext& context, const ApiRequest& request,
                           SecretBytes token) {
  TG_API_TRY(const auto user, identity::find_session(context.database, token.reveal()));
  TG_TRY(auto body, session_object(context, user, token.reveal()));
  *request.new_session = std::move(token);
  return body;
}

}  // namespace

ApiResult<Json> own_profile_retrieve(OperationContext& context, const ApiRequest& request) {
  TG_TRY_DONE(need_session(request.caller));
  TG_TRY_DONE(refuse_unknown_fields(request.query, {}));
  TG_TRY(const auto user, find_caller(context, request.caller));
  return to_json(user);
}

ApiResult<Json> own_profile_update(OperationContext& context, const ApiRequest& request) {
  TG_TRY_DONE(need_session(request.caller));
  TG_TRY_DONE(check_update_fields(request, {"name"}));
  TG_TRY(const auto name, optional_text(request.body, "name"));
  const std::scoped_lock lock{context.changes};
  if (!name.empty()) {
    const auto renamed =
        identity::rename_user(context.database, request.caller.user_id, name, request.caller.actor);
    if (!renamed) return std::unexpected(to_api_error(renamed.error(), "name"));
  }
  TG_TRY(const auto user, find_caller(context, request.caller));
  return to_json(user);
}

ApiResult<Json> own_password_change(OperationContext& context, const ApiRequest& request) {
  const auto& caller = request.caller;
  TG_TRY_DONE(need_session(caller));
  TG_TRY_DONE(refuse_unknown_fields(request.body, {"current_password", "new_password"}));
  TG_TRY(const auto current, read_password(request.body, "current_password"));
  TG_TRY(const auto wanted, read_password(request.body, "new_password"));
  TG_TRY(const auto user, find_caller(context, caller));
  const auto confirmed =
      identity::confirm_password(context.database, context.hasher, caller.user_id, current);
  if (!confirmed) return std::unexpected(to_api_error(confirmed.error(), "current_password"));
  TG_TRY(const auto hash,
         hash_new_password(context, {.password = wanted,
                                     .field = "new_password",
                                     .email = user.email,
                                     .organization_name = user.organization_name}));
  const std::scoped_lock lock{context.changes};
  TG_API_TRY(auto token, identity::change_password(context.database, caller.user_id, hash,
                                                   caller.session_hash, caller.actor));
  context.send_mail(password_changed_mail(user, context.console_url()));
  return go_on_with(context, request, std::move(token));
}

ApiResult<Json> own_sessions_list(OperationContext& context, const ApiRequest& request) {
  TG_TRY_DONE(need_session(request.caller));
  TG_TRY_DONE(refuse_unknown_fields(request.query, {}));
  TG_API_TRY(const auto sessions,
             identity::list_sessions(context.database, request.caller.user_id));
  auto data = Json::array();
  for (const auto& each : sessions) {
    data.push_back(Json{{"object", "tollgate.browser_session"},
                        {"id", each.id},
                        {"created_at", to_unix_s(each.created_at)},
                        {"last_used_at", to_unix_s(each.last_used_at)},
                        {"address", each.address},
                        {"user_agent", each.user_agent},
                        {"is_current", each.token_hash == request.caller.session_hash}});
  }
  return Json{{"object", "list"}, {"data", std::move(data)}, {"has_more", false}};
}

ApiResult<Json> own_sessions_end(OperationContext& context, const ApiRequest& request) {
  TG_TRY_DONE(need_session(request.caller));
  TG_TRY_DONE(refuse_unknown_fields(request.body, {}));
  const auto& id = request.ids.front();
  const std::scoped_lock lock{context.changes};
  TG_API_TRY_DONE(identity::end_session_by_id(context.database, request.caller.user_id, id,
                                              request.caller.actor));
  return Json{{"object", "tollgate.browser_session.deleted"}, {"id", id}, {"deleted", true}};
}

ApiResult<Json> own_sessions_end_others(OperationContext& context, const ApiRequest& request) {
  TG_TRY_DONE(need_session(request.caller));
  TG_TRY_DONE(refuse_unknown_fields(request.body, {}));
  const std::scoped_lock lock{context.changes};
  TG_API_TRY(const int ended,
             identity::end_other_sessions(context.database, request.caller.user_id,
                                          request.caller.session_hash, request.caller.actor));
  return Json{{"object", "tollgate.browser_sessions.deleted"}, {"ended", ended}};
}

ApiResult<Json> session_organization_switch(OperationContext& context, const ApiRequest& request) {
  TG_TRY_DONE(need_session(request.caller));
  TG_TRY_DONE(refuse_unknown_fields(request.body, {"id"}));
  TG_TRY(const auto id, required_text(request.body, "id"));
  const std::scoped_lock lock{context.changes};
  auto token = identity::switch_organization(context.database, request.caller.session_hash,
                                             OrganizationId{id}, request.caller.actor);
  if (!token) return std::unexpected(to_api_error(token.error(), "id"));
  return go_on_with(context, request, *std::move(token));
}

}  // namespace tg::admin
