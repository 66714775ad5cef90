// SPDX-License-Identifier: Apache-2.0
#include "admin/console_session.h"

#include <fmt/format.h>

#include "admin/arguments.h"
#include "admin/authorization.h"
#include "admin/operation_context.h"
#include "admin/passwords.h"
#include "admin/session_object.h"
#include "identity/known_devices.h"
#include "identity/sessions.h"
#include "identity/setup_token.h"
#include "identity/sign_in.h"
#include "identity/throttle.h"
#include "identity/token.h"

namespace tg::admin {
namespace {

identity::Actor actor_of(const http::Request& request, std::string user_id) {
  return {.kind = identity::ActorKind::kUser,
          .id = std::move(user_id),
          .address = request.peer_address};
}

std::string user_agent_of(const http::Request& request) {
  return std::string{request.field("user-agent")};
}

}  // namespace

ApiResult<Json> read_unsigned(const http::Request& request, const Site& site,
                              std::initializer_list<std::string_view> fields) {
  TG_TRY_DONE(check_origin(request, site));
  TG_TRY_DONE(check_content_type(request));
  TG_TRY(auto arguments, parse_object(request.body));
  TG_TRY_DONE(refuse_unknown_fields(arguments, fields));
  return arguments;
}

ApiResult<Reply> ConsoleSessions::handle(const http::Request& request, std::string_view path) {
  if (path == "setup" && request.method == "GET") return check_setup(request);
  if (path == "setup" && request.method == "POST") return set_up(request);
  if (path == "session" && request.method == "GET") return show(request);
  if (path == "session" && request.method == "POST") return sign_in(request);
  if (path == "session" && request.method == "DELETE") return sign_out(request);
  return refuse(Code::kMethodNotAllowed,
                fmt::format("{} does not take {}.", request.path, request.method));
}

ApiResult<Caller> ConsoleSessions::caller_of(const http::Request& request) {
  TG_TRY_DONE(check_origin(request, site_));
  TG_TRY(const auto user, user_of(request));
  if (request.method != "GET") TG_TRY_DONE(check_csrf(request));
  auto caller = make_caller(operations_.database(), {.actor = actor_of(request, user.id.text()),
                                                     .user_id = user.id,
                                                     .organization_id = user.organization_id,
                                                     .is_operator = user.is_operator});
  if (caller) {
    caller->session_hash = identity::hash_text(token_of(request));
    return *std::move(caller);
  }
  // They leave the organization at this moment.
  if (caller.error().code == Code::kNotFound) {
    return std::unexpected(to_api_error({.code = Code::kSessionMissing}));
  }
  return std::unexpected(to_api_error(caller.error()));
}

ApiResult<Reply> ConsoleSessions::check_setup(const http::Request& request) {
  TG_TRY_DONE(check_origin(request, site_));
  const auto token = request.parameter("token").value_or("");
  TG_API_TRY(const bool valid, identity::is_setup_token(operations_.database(), token));
  return Reply{.status = 200, .body = {{"valid", valid}}};
}

ApiResult<Reply> ConsoleSessions::set_up(const http::Request& request) {
  TG_TRY(const auto arguments,
         read_unsigned(request, site_, {"token", "email", "name", "password"}));
  TG_TRY(const auto token, required_text(arguments, "token"));
  TG_TRY(auto email, required_text(arguments, "email"));
  TG_TRY(auto name, optional_text(arguments, "name"));
  TG_TRY(const auto password, read_password(arguments, "password"));
  // Asked first, so that nobody without the link can make this server hash.
  TG_API_TRY(const bool valid, identity::is_setup_token(operations_.database(), token));
  if (!valid) {
    return refuse(Code::kForbidden,
                  "This set-up link was used or is too old. 'tollgate setup-link' makes a new one.",
                  "token");
  }
  if (!identity::fold_email(email)) {
    return refuse(Code::kFieldInvalid, "This is not an e-mail address.", "email");
  }
  TG_TRY(auto hash, hash_new_password(operations_.context(),
                                      {.password = password, .field = "password", .email = email}));
  TG_API_TRY(const auto owner,
             identity::create_owner_with_setup_token(operations_.database(), token,
                                                     {.email = std::move(email),
                                                      .name = std::move(name),
                                                      .organization_name = {},
                                                      .password_hash = std::move(hash)},
                                                     actor_of(request, {})));
  return enter(request, owner, 201);
}

ApiResult<Reply> ConsoleSessions::enter(const http::Request& request, const identity::User& user,
                                        int status) {
  auto& database = operations_.database();
  TG_API_TRY(const auto token, identity::create_session(database,
                                                        {.user_id = user.id,
                                                         .user_agent = user_agent_of(request),
                                                         .organization_id = user.organization_id},
                                                        actor_of(request, user.id.text())));
  const auto kept = request.cookie(site_.device_cookie_name(request));
  TG_API_TRY(const bool known, identity::is_known_device(database, user.email, kept));
  TG_API_TRY(const auto device,
             identity::remember_device(database, user.id, known ? kept : std::string_view{}));
  TG_TRY(auto body, session_object(operations_.context(), user, token.reveal()));
  return Reply{
      .status = status, .body = std::move(body), .set_cookies = cookies(request, token, device)};
}

ApiResult<void> ConsoleSessions::check_password(const http::Request& request,
                                                const std::string& email,
                                                const SecretBytes& password) {
  auto& database = operations_.database();
  const identity::Attempt attempt{.email = email, .address = request.peer_address};
  TG_API_TRY_DONE(identity::count_attempt(database, attempt));
  TG_API_TRY(const auto hash, identity::find_password_hash(database, email));
  TG_API_TRY(const bool right, operations_.context().hasher.verify(password, hash));
  if (!right) return refuse(Code::kSessionMissing, "This is not the account's password.");
  TG_API_TRY_DONE(identity::forget_attempts(database, attempt));
  return {};
}

std::vector<std::string> ConsoleSessions::cookies(const http::Request& request,
                                                  const SecretBytes& session,
                                                  const SecretBytes& device) const {
  std::vector<std::string> set{session_cookie(request, site_, session.reveal())};
  if (!device.empty()) set.push_back(device_cookie(request, site_, device.reveal()));
  return set;
}

ApiResult<Reply> ConsoleSessions::sign_in(const http::Request& request) {
  TG_TRY(const auto arguments, read_unsigned(request, site_, {"email", "password"}));
  TG_TRY(const auto email, required_text(arguments, "email"));
  TG_TRY(const auto password, read_password(arguments, "password"));
  const auto user_agent = user_agent_of(request);
  const auto signed_in =
      identity::sign_in(operations_.database(), operations_.context().hasher,
                        {.email = email,
                         .password = password,
                         .address = request.peer_address,
                         .device_token = request.cookie(site_.device_cookie_name(request)),
                         .user_agent = user_agent});
  if (!signed_in && signed_in.error().code == Code::kForbidden) {
    return refuse(Code::kSessionMissing, "The e-mail address or the password is wrong.");
  }
  if (!signed_in) return std::unexpected(to_api_error(signed_in.error()));
  TG_TRY(auto body,
         session_object(operations_.context(), signed_in->user, signed_in->session_token.reveal()));
  return Reply{.body = std::move(body),
               .set_cookies = cookies(request, signed_in->session_token, signed_in->device_token)};
}

ApiResult<Reply> ConsoleSessions::show(const http::Request& request) {
  TG_TRY_DONE(check_origin(request, site_));
  TG_TRY(const auto user, user_of(request));
  TG_TRY(auto body,
         session_object(operations_.context(), user, request.cookie(site_.cookie_name(request))));
  return Reply{.status = 200, .body = std::move(body)};
}

ApiResult<Reply> ConsoleSessions::sign_out(const http::Request& request) {
  TG_TRY_DONE(check_origin(request, site_));
  TG_TRY(const auto user, user_of(request));
  TG_TRY_DONE(check_csrf(request));
  TG_API_TRY_DONE(identity::end_session(operations_.database(),
                                        request.cookie(site_.cookie_name(request)),
                                        actor_of(request, user.id.text())));
  return Reply{.status = 200,
               .body = {{"deleted", true}},
               .set_cookies = {session_cookie(request, site_, {})}};
}

ApiResult<identity::User> ConsoleSessions::user_of(const http::Request& request) {
  const auto token = request.cookie(site_.cookie_name(request));
  if (token.empty()) return std::unexpected(to_api_error({.code = Code::kSessionMissing}));
  TG_API_TRY(auto user, identity::find_session(operations_.database(), token));
  return user;
}

ApiResult<void> ConsoleSessions::check_csrf(const http::Request& request) {
  const auto token = request.cookie(site_.cookie_name(request));
  const auto given = request.field("x-tollgate-csrf");
  if (identity::is_csrf_token(given, token, operations_.folder().pepper())) return {};
  return refuse(Code::kForbidden,
                "The X-Tollgate-CSRF header is missing or does not belong to this session. Load "
                "the page again.");
}

}  // namespace tg::admin
