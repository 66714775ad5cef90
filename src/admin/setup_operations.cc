// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "admin/operation_context.h"
#include "admin/passwords.h"
#include "http/url.h"
#include "identity/setup_token.h"

// How an instance gets its first owner: by the command line, or by a link that the terminal shows.
namespace tg::admin {

ApiResult<Json> init_owner(OperationContext& context, const Json& arguments, const Caller& caller) {
  TG_TRY(auto email, required_text(arguments, "email"));
  TG_TRY(auto name, optional_text(arguments, "name"));
  TG_TRY(auto organization, optional_text(arguments, "organization"));
  TG_TRY(const auto password, read_password(arguments, "password"));
  if (!identity::fold_email(email)) {
    return refuse(Code::kFieldInvalid, fmt::format("'{}' is not an e-mail address.", email),
                  "email");
  }
  TG_TRY(auto hash,
         hash_new_password(context, {.password = password, .field = "password", .email = email}));
  const std::scoped_lock lock{context.changes};
  TG_API_TRY(const auto owner, identity::create_owner(context.database,
                                                      {.email = std::move(email),
                                                       .name = std::move(name),
                                                       .organization_name = std::move(organization),
                                                       .password_hash = std::move(hash)},
                                                      caller.actor));
  return Json{
      {"object", "tollgate.owner"},
      {"user", {{"id", owner.id.text()}, {"email", owner.email}, {"name", owner.name}}},
      {"organization", {{"id", owner.organization_id.text()}, {"name", owner.organization_name}}},
      {"project", {{"id", owner.default_project_id.text()}}}};
}

ApiResult<Json> create_setup_link(OperationContext& context, const Json& /*arguments*/,
                                  const Caller& caller) {
  const auto base = context.console_url();
  TG_API_TRY(const auto token, identity::create_setup_token(context.database, caller.actor));
  const auto path = fmt::format("/setup?token={}", http::percent_encode(token.reveal()));
  return Json{
      {"object", "tollgate.setup_link"},
      {"url", base.empty() ? path : base + path},
      {"expires_in_seconds",
       std::chrono::duration_cast<std::chrono::seconds>(identity::kSetupTokenAgeMax).count()}};
}

}  // namespace tg::admin
