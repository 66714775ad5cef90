// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "admin/api_handlers.h"
#include "identity/service_accounts.h"

// What the command line does with workload identity: the Admin API's own handlers, with what the
// path names among the arguments. Both lists are short enough to be one page.
namespace tg::admin {
namespace {

constexpr auto* kWholeList = "100";

ApiResult<Json> run_handler(OperationContext& context, const Caller& caller, ApiHandler* handler,
                            std::vector<std::string> ids, Json query, Json body) {
  TG_TRY(auto subject, subject_of(context, caller));
  auto acting = caller;
  acting.user_id = std::move(subject.user_id);
  acting.organization_id = std::move(subject.organization_id);
  return handler(context, {.caller = acting,
                           .ids = std::move(ids),
                           .query = std::move(query),
                           .body = std::move(body)});
}

// What the path names is no part of the body.
ApiResult<std::string> take_id(Json& arguments, const char* field) {
  TG_TRY(auto id, required_text(arguments, field));
  arguments.erase(field);
  return id;
}

// An account has one project; whoever names the account need not name that too.
ApiResult<void> add_project(OperationContext& context, Json& rule) {
  if (rule.contains("project_id")) return {};
  TG_TRY(const auto account_id, required_text(rule, "service_account_id"));
  const auto account =
      identity::find_service_account(context.database, ServiceAccountId{account_id});
  if (account) {
    rule["project_id"] = account->project_id.text();
    return {};
  }
  if (account.error().code != Code::kNotFound) {
    return std::unexpected(to_api_error(account.error()));
  }
  return refuse(Code::kNotFound, fmt::format("There is no service account '{}'.", account_id),
                "service_account_id");
}

}  // namespace

ApiResult<Json> list_workload_providers(OperationContext& context, const Json& /*arguments*/,
                                        const Caller& caller) {
  return run_handler(context, caller, workload_providers_list, {}, {{"limit", kWholeList}},
                     Json::object());
}

ApiResult<Json> add_workload_provider(OperationContext& context, const Json& arguments,
                                      const Caller& caller) {
  auto provider = arguments;
  provider["type"] = "oidc";
  return run_handler(context, caller, workload_providers_create, {}, Json::object(),
                     std::move(provider));
}

ApiResult<Json> change_workload_provider(OperationContext& context, const Json& arguments,
                                         const Caller& caller) {
  auto changes = arguments;
  TG_TRY(auto id, take_id(changes, "id"));
  return run_handler(context, caller, workload_providers_update, {std::move(id)}, Json::object(),
                     std::move(changes));
}

ApiResult<Json> remove_workload_provider(OperationContext& context, const Json& arguments,
                                         const Caller& caller) {
  TG_TRY(auto id, required_text(arguments, "id"));
  return run_handler(context, caller, workload_providers_delete, {std::move(id)}, Json::object(),
                     Json::object());
}

ApiResult<Json> list_federation_rules(OperationContext& context, const Json& arguments,
                                      const Caller& caller) {
  TG_TRY(auto provider_id, required_text(arguments, "provider_id"));
  TG_TRY(const auto account_id, optional_text(arguments, "service_account_id"));
  Json query{{"limit", kWholeList}};
  if (!account_id.empty()) query["service_account_id"] = account_id;
  return run_handler(context, caller, federation_rules_list, {std::move(provider_id)},
                     std::move(query), Json::object());
}

ApiResult<Json> add_federation_rule(OperationContext& context, const Json& arguments,
                                    const Caller& caller) {
  auto rule = arguments;
  TG_TRY(auto provider_id, take_id(rule, "provider_id"));
  TG_TRY_DONE(add_project(context, rule));
  return run_handler(context, caller, federation_rules_create, {std::move(provider_id)},
                     Json::object(), std::move(rule));
}

ApiResult<Json> change_federation_rule(OperationContext& context, const Json& arguments,
                                       const Caller& caller) {
  auto changes = arguments;
  TG_TRY(auto provider_id, take_id(changes, "provider_id"));
  TG_TRY(auto id, take_id(changes, "id"));
  return run_handler(context, caller, federation_rules_update,
                     {std::move(provider_id), std::move(id)}, Json::object(), std::move(changes));
}

ApiResult<Json> remove_federation_rule(OperationContext& context, const Json& arguments,
                                       const Caller& caller) {
  TG_TRY(auto provider_id, required_text(arguments, "provider_id"));
  TG_TRY(auto id, required_text(arguments, "id"));
  return run_handler(context, caller, federation_rules_delete,
                     {std::move(provider_id), std::move(id)}, Json::object(), Json::object());
}

}  // namespace tg::admin
