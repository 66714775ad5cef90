// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "admin/operation_context.h"
#include "admin/pages.h"
#include "identity/pages.h"
#include "identity/service_accounts.h"

// What the command line does with service accounts; programs use OpenAI's Admin API
// (organization_service_accounts.cc). Here an account is made without a key: `keys create` makes
// one for it, and whom a federation rule lets in needs none.
namespace tg::admin {
namespace {

using identity::ServiceAccount;

std::string id_of(const ServiceAccount& account) { return account.id.text(); }

Json to_json(const ServiceAccount& account) {
  return Json{{"object", "tollgate.service_account"},
              {"id", account.id.text()},
              {"name", account.name},
              {"project_id", account.project_id.text()},
              {"owner_id", account.owner_id.text()},
              {"created_at", to_unix_s(account.created_at)}};
}

}  // namespace

ApiResult<Json> list_service_accounts(OperationContext& context, const Json& arguments,
                                      const Caller& caller) {
  TG_TRY(const auto page, read_operation_page(arguments));
  TG_TRY(const auto subject, subject_of(context, caller));
  TG_TRY(const auto project_id, project_or_default(context, arguments, caller, subject));
  const auto accounts = identity::page_of_service_accounts(
      context.database, project_id, {.limit = page.limit, .after = page.after});
  return show_page(accounts, page.after, id_of, to_json);
}

ApiResult<Json> create_service_account(OperationContext& context, const Json& arguments,
                                       const Caller& caller) {
  TG_TRY(const auto name, required_text(arguments, "name"));
  TG_TRY(const auto subject, subject_of(context, caller));
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto project_id, project_or_default(context, arguments, caller, subject));
  const auto created = identity::create_service_account(context.database, project_id, name,
                                                        subject.user_id, caller.actor);
  if (!created) return std::unexpected(to_api_error(created.error(), "name"));
  return to_json(*created);
}

ApiResult<Json> delete_service_account(OperationContext& context, const Json& arguments,
                                       const Caller& caller) {
  TG_TRY(const auto id, required_text(arguments, "id"));
  TG_TRY(const auto subject, subject_of(context, caller));
  const std::scoped_lock lock{context.changes};
  const auto account = identity::find_service_account(context.database, ServiceAccountId{id});
  if (!account && account.error().code != Code::kNotFound) {
    return std::unexpected(to_api_error(account.error()));
  }
  if (!account || account->organization_id != subject.organization_id) {
    return refuse(Code::kNotFound, fmt::format("There is no service account '{}'.", id), "id");
  }
  TG_API_TRY(const auto revoked,
             identity::delete_service_account(context.database, account->id, caller.actor));
  tell_live_of_revoked(context, revoked);
  auto json = to_json(*account);
  json["revoked_keys"] = revoked.size();
  return json;
}

}  // namespace tg::admin
