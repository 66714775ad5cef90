// SPDX-License-Identifier: Apache-2.0
#include "admin/console_session.h"

#include <fmt/format.h>

#include "admin/arguments.h"
#include "admin/authorization.h"
#include "identity/projects.h"
#include "identity/sessions.h"
#include "identity/setup_token.h"
#include "identity/sign_in.h"

namespace tg::admin {
namespace {

identity::Actor actor_of(const http::Request& request, std::string user_id) {
  return {.kind = identity::ActorKind::kUser,
          .id = std::move(user_id),
          .address = request.peer_address};
}

ApiResult<SecretBytes> read_password(const Json& arguments) {
  TG_TRY(auto text, required_text(arguments, "password"));
  SecretBytes password{std::string_view{text}};
  wipe(text);
  return password;
}

// A browser's request that nothing but the browser's own honesty protects: no session yet.
ApiResult<Json> read_unsigned(const http::Request& request, const Site& site,
                              std::initializer_list<std::string_view> fields) {
  TG_TRY_DONE(check_origin(request, site));
  TG_TRY_DONE(check_content_type(request));
  TG_TRY(auto arguments, parse_object(request.body));
  TG_TRY_DONE(refuse_unknown_fields(arguments, fields));
  return arguments;
}

}  // namespace

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
  if (caller) return *std::move(caller);
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
  return Reply{.status = 200, .body = {{"valid", valid}}, .set_cookie = {}};
}

ApiResult<Reply> ConsoleSessions::set_up(const http::Request& request) {
  TG_TRY(const auto arguments,
         read_unsigned(request, site_, {"token", "email", "name", "password"}));
  TG_TRY(const auto token, required_text(arguments, "token"));
  TG_TRY(auto email, required_text(arguments, "email"));
  TG_TRY(auto name, optional_text(arguments, "name"));
  TG_TRY(const auto password, read_password(arguments));
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
  if (auto allowed = identity::check_password_policy(password.reveal(), email); !allowed) {
    return std::unexpected(to_api_error(allowed.error(), "password"));
  }

  TG_API_TRY(auto hash, hasher_.hash(password));
  TG_API_TRY(const auto owner,
             identity::create_owner_with_setup_token(operations_.database(), token,
                                                     {.email = std::move(email),
                                                      .name = std::move(name),
                                                      .organization_name = {},
                                                      .password_hash = std::move(hash)},
                                                     actor_of(request, {})));
  TG_API_TRY(const auto session, identity::create_session(operations_.database(), owner.id,
                                                          actor_of(request, owner.id.text())));
  TG_TRY(auto body, session_object(owner, session.reveal()));
  return Reply{.status = 201,
               .body = std::move(body),
               .set_cookie = session_cookie(request, site_, session.reveal())};
}

ApiResult<Reply> ConsoleSessions::sign_in(const http::Request& request) {
  TG_TRY(const auto arguments, read_unsigned(request, site_, {"email", "password"}));
  TG_TRY(const auto email, required_text(arguments, "email"));
  TG_TRY(const auto password, read_password(arguments));
  const auto signed_in =
      identity::sign_in(operations_.database(), hasher_,
                        {.email = email, .password = password, .address = request.peer_address});
  if (!signed_in && signed_in.error().code == Code::kForbidden) {
    return refuse(Code::kSessionMissing, "The e-mail address or the password is wrong.");
  }
  if (!signed_in) return std::unexpected(to_api_error(signed_in.error()));
  const auto token = signed_in->session_token.reveal();
  TG_TRY(auto body, session_object(signed_in->user, token));
  return Reply{
      .status = 200, .body = std::move(body), .set_cookie = session_cookie(request, site_, token)};
}

ApiResult<Reply> ConsoleSessions::show(const http::Request& request) {
  TG_TRY_DONE(check_origin(request, site_));
  TG_TRY(const auto user, user_of(request));
  TG_TRY(auto body, session_object(user, request.cookie(site_.cookie_name(request))));
  return Reply{.status = 200, .body = std::move(body), .set_cookie = {}};
}

ApiResult<Reply> ConsoleSessions::sign_out(const http::Request& request) {
  TG_TRY_DONE(check_origin(request, site_));
  TG_TRY(const auto user, user_of(request));
  TG_TRY_DONE(check_csrf(request));
  TG_API_TRY_DONE(identity::end_session(operations_.database(),
                                        request.cookie(site_.cookie_name(request)),
                                        actor_of(request, user.id.text())));
  return Reply{
      .status = 200, .body = {{"deleted", true}}, .set_cookie = session_cookie(request, site_, {})};
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

ApiResult<Json> ConsoleSessions::session_object(const identity::User& user,
                                                std::string_view session_token) {
  TG_API_TRY(const auto all, identity::list_projects(operations_.database(), user.organization_id));
  auto projects = Json::array();
  for (const auto& project : all) {
    projects.push_back(Json{
        {"id", project.id.text()}, {"name", project.name}, {"is_default", project.is_default}});
  }
  return Json{
      {"object", "tollgate.session"},
      {"user", {{"id", user.id.text()}, {"email", user.email}, {"name", user.name}}},
      {"organization", {{"id", user.organization_id.text()}, {"name", user.organization_name}}},
      {"projects", std::move(projects)},
      {"csrf_token", identity::csrf_token(session_token, operations_.folder().pepper())}};
}

}  // namespace tg::admin
