// SPDX-License-Identifier: Apache-2.0
#include "admin/console_entry.h"

#include <fmt/format.h>

#include <algorithm>

#include "admin/arguments.h"
#include "admin/entry_mails.h"
#include "admin/invite_rights.h"
#include "admin/operation_context.h"
#include "admin/passwords.h"
#include "base/log.h"
#include "identity/entry_tokens.h"
#include "identity/invites.h"
#include "identity/password_change.h"
#include "identity/sign_up.h"
#include "identity/throttle.h"

namespace tg::admin {
namespace {

using identity::EntryPurpose;

constexpr int kMailsPerNetwork = 20;
constexpr int kMailsPerAddress = 3;

constexpr auto kNoMail =
    "This Tollgate sends no mail. Ask whoever runs it: 'tollgate reset-link' makes a link, and an "
    "invitation can be handed over.";

// What its link proved is good, and whose address it names.
ApiResult<std::string> email_of(OperationContext& context, EntryPurpose purpose,
                                const std::string& token) {
  auto email = identity::find_entry_token(context.database, purpose, token);
  if (!email) return std::unexpected(to_api_error(email.error(), "token"));
  return *std::move(email);
}

}  // namespace

struct ConsoleEntry::Row {
  std::string_view method;
  std::string_view path;
  ApiResult<Reply> (ConsoleEntry::*handler)(const http::Request& request, const Json& arguments);
  std::initializer_list<std::string_view> fields;
};

const std::initializer_list<ConsoleEntry::Row> ConsoleEntry::kRows{
    {"GET", "sign_up", &ConsoleEntry::show_sign_up, {}},
    {"POST", "sign_up", &ConsoleEntry::sign_up, {"email"}},
    {"POST", "sign_up/check", &ConsoleEntry::check_sign_up, {"token"}},
    {"POST", "sign_up/finish", &ConsoleEntry::finish_sign_up, {"token", "name", "password"}},
    {"POST", "invitation/check", &ConsoleEntry::check_invitation, {"token"}},
    {"POST", "invitation/accept", &ConsoleEntry::accept_invitation, {"token", "name", "password"}},
    {"POST", "password/forgot", &ConsoleEntry::forgot, {"email"}},
    {"POST", "password/check", &ConsoleEntry::check_reset, {"token"}},
    {"POST", "password/reset", &ConsoleEntry::reset, {"token", "password"}},
};

bool ConsoleEntry::has(std::string_view path) noexcept {
  return std::ranges::find(kRows, path, &Row::path) != kRows.end();
}

ApiResult<Reply> ConsoleEntry::handle(const http::Request& request, std::string_view path) {
  for (const auto& row : kRows) {
    if (row.path != path || row.method != request.method) continue;
    TG_TRY_DONE(check_origin(request, site_));
    if (row.method == "GET") return (this->*row.handler)(request, Json::object());
    TG_TRY(const auto arguments, read_unsigned(request, site_, row.fields));
    return (this->*row.handler)(request, arguments);
  }
  return refuse(Code::kMethodNotAllowed,
                fmt::format("{} does not take {}.", request.path, request.method));
}

ApiResult<Reply> ConsoleEntry::show_sign_up(const http::Request& /*request*/,
                                            const Json& /*arguments*/) {
  TG_API_TRY(const auto policy, identity::read_sign_up_policy(context_.database));
  const bool open = context_.has_mail() && (policy.mode == identity::SignUpMode::kOpen ||
                                            policy.mode == identity::SignUpMode::kDomain);
  return Reply{.body = Json{{"object", "tollgate.sign_up"},
                            {"mode", identity::name(policy.mode)},
                            {"is_open", open},
                            {"has_mail", context_.has_mail()}}};
}

// Nothing in here depends on whether the address has an account.
ApiResult<std::string> ConsoleEntry::read_address_for_mail(const http::Request& request,
                                                           const Json& arguments) {
  TG_TRY(auto email, required_text(arguments, "email"));
  if (!identity::fold_email(email)) {
    return refuse(Code::kFieldInvalid, "This is not an e-mail address.", "email");
  }
  if (!context_.has_mail()) return refuse(Code::kConflict, kNoMail);
  const auto network = identity::network_of(request.peer_address);
  TG_API_TRY_DONE(identity::count_use(
      context_.database, {.purpose = "mails from", .subject = network, .most = kMailsPerNetwork}));
  return email;
}

ApiResult<Reply> ConsoleEntry::do_later(std::function<void()> job, Json body) {
  if (!later_.run(std::move(job))) {
    return refuse(Code::kTooManyAttempts, "Too many people ask for mails. Try again in a minute.");
  }
  return Reply{.status = 202, .body = std::move(body)};
}

ApiResult<Reply> ConsoleEntry::sign_up(const http::Request& request, const Json& arguments) {
  TG_API_TRY(const auto policy, identity::read_sign_up_policy(context_.database));
  TG_TRY(auto email, required_text(arguments, "email"));
  if (identity::fold_email(email) && !is_open_to(policy, email)) {
    return refuse(Code::kForbidden,
                  "Sign-up is not open to this address here. Ask a member for an invitation.");
  }
  TG_TRY(email, read_address_for_mail(request, arguments));
  return do_later([this, email] { mail_sign_up(email); },
                  Json{{"object", "tollgate.sign_up"}, {"status", "mail_sent"}});
}

ApiResult<Reply> ConsoleEntry::forgot(const http::Request& request, const Json& arguments) {
  TG_TRY(const auto email, read_address_for_mail(request, arguments));
  return do_later(
      [this, email] { mail_reset(email); },
      Json{{"object", "tollgate.password_reset"}, {"status", "mail_sent_if_there_is_an_account"}});
}

bool ConsoleEntry::may_mail(const std::string& email) {
  const auto folded = identity::fold_email(email).value_or("");
  const auto counted = identity::count_use(
      context_.database, {.purpose = "mails to", .subject = folded, .most = kMailsPerAddress});
  if (!counted) log(LogLevel::kInfo, "mail asked for too often, not sent");
  return counted.has_value();
}

void ConsoleEntry::mail_sign_up(const std::string& email) {
  if (!may_mail(email)) return;
  const auto user = identity::find_user_by_email(context_.database, email);
  if (user) {
    context_.send_mail(account_exists_mail(*user, context_.console_url()));
    return;
  }
  const auto token = identity::create_entry_token(context_.database, EntryPurpose::kSignUp, email);
  if (!token) return;
  const auto link = entry_link(context_.console_url(), "verify-email", token->reveal());
  context_.send_mail(sign_up_mail(email, link));
}

void ConsoleEntry::mail_reset(const std::string& email) {
  if (!may_mail(email)) return;
  const auto user = identity::find_user_by_email(context_.database, email);
  if (!user) return;
  // To the address that is stored, whatever spelling of it was typed.
  const auto token =
      identity::create_entry_token(context_.database, EntryPurpose::kReset, user->email);
  if (!token) return;
  const auto link = entry_link(context_.console_url(), "reset-password", token->reveal());
  context_.send_mail(reset_mail(*user, link));
}

ApiResult<Reply> ConsoleEntry::check_sign_up(const http::Request& /*request*/,
                                             const Json& arguments) {
  TG_TRY(const auto token, required_text(arguments, "token"));
  TG_TRY(const auto email, email_of(context_, EntryPurpose::kSignUp, token));
  return Reply{.body = Json{{"object", "tollgate.sign_up"}, {"email", email}}};
}

ApiResult<Reply> ConsoleEntry::finish_sign_up(const http::Request& request, const Json& arguments) {
  TG_TRY(const auto token, required_text(arguments, "token"));
  TG_TRY(const auto name, optional_text(arguments, "name"));
  TG_TRY(const auto password, read_password(arguments, "password"));
  TG_TRY(const auto email, email_of(context_, EntryPurpose::kSignUp, token));
  TG_TRY(auto hash,
         hash_new_password(context_, {.password = password, .field = "password", .email = email}));
  const std::scoped_lock lock{context_.changes};
  TG_API_TRY(const auto user,
             identity::finish_sign_up(context_.database, token,
                                      {.name = name, .password_hash = std::move(hash)},
                                      request.peer_address));
  return sessions_.enter(request, user, 201);
}

ApiResult<Reply> ConsoleEntry::check_invitation(const http::Request& /*request*/,
                                                const Json& arguments) {
  TG_TRY(const auto token, required_text(arguments, "token"));
  const auto found = identity::find_invitation(context_.database, token);
  if (!found) return std::unexpected(to_api_error(found.error(), "token"));
  TG_TRY_DONE(check_may_still_invite(context_.database, found->invite));
  return Reply{.body = Json{{"object", "tollgate.invitation"},
                            {"email", found->invite.email},
                            {"role", found->invite.role},
                            {"organization", {{"name", found->organization_name}}},
                            {"has_account", found->account.has_value()},
                            {"expires_at", to_unix_s(found->invite.expires_at)}}};
}

ApiResult<Reply> ConsoleEntry::accept_invitation(const http::Request& request,
                                                 const Json& arguments) {
  TG_TRY(const auto token, required_text(arguments, "token"));
  TG_TRY(const auto name, optional_text(arguments, "name"));
  TG_TRY(const auto password, read_password(arguments, "password"));
  const auto found = identity::find_invitation(context_.database, token);
  if (!found) return std::unexpected(to_api_error(found.error(), "token"));
  const auto& email = found->invite.email;

  std::optional<identity::NewPerson> person;
  if (found->account) {
    TG_TRY_DONE(sessions_.check_password(request, email, password));
  } else {
    TG_API_TRY(const auto policy, identity::read_sign_up_policy(context_.database));
    if (policy.mode == identity::SignUpMode::kClosed && !found->inviter_is_operator) {
      return refuse(Code::kForbidden,
                    "This Tollgate takes no new people. Only its operator may invite them.");
    }
    TG_TRY(auto hash, hash_new_password(context_, {.password = password,
                                                   .field = "password",
                                                   .email = email,
                                                   .organization_name = found->organization_name}));
    person = identity::NewPerson{.name = name, .password_hash = std::move(hash)};
  }
  const std::scoped_lock lock{context_.changes};
  TG_TRY_DONE(check_may_still_invite(context_.database, found->invite));
  TG_API_TRY(const auto user,
             identity::accept_invite(context_.database, token, person, request.peer_address));
  return sessions_.enter(request, user, 201);
}

ApiResult<Reply> ConsoleEntry::check_reset(const http::Request& /*request*/,
                                           const Json& arguments) {
  TG_TRY(const auto token, required_text(arguments, "token"));
  TG_TRY(const auto email, email_of(context_, EntryPurpose::kReset, token));
  return Reply{.body = Json{{"object", "tollgate.password_reset"}, {"email", email}}};
}

ApiResult<Reply> ConsoleEntry::reset(const http::Request& request, const Json& arguments) {
  TG_TRY(const auto token, required_text(arguments, "token"));
  TG_TRY(const auto password, read_password(arguments, "password"));
  TG_TRY(const auto email, email_of(context_, EntryPurpose::kReset, token));
  TG_API_TRY(const auto owner, identity::find_user_by_email(context_.database, email));
  TG_TRY(const auto hash,
         hash_new_password(context_, {.password = password,
                                      .field = "password",
                                      .email = email,
                                      .organization_name = owner.organization_name}));
  const std::scoped_lock lock{context_.changes};
  TG_API_TRY(const auto user,
             identity::reset_password(context_.database, token, hash, request.peer_address));
  context_.send_mail(password_changed_mail(user, context_.console_url()));
  return Reply{.body = Json{{"object", "tollgate.password_reset"}, {"status", "changed"}},
               .set_cookies = {session_cookie(request, site_, {})}};
}

}  // namespace tg::admin
