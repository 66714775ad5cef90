// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "admin/authorization.h"
#include "admin/key_arguments.h"
#include "admin/new_key.h"
#include "admin/pages.h"
#include "admin/workload_arguments.h"
#include "identity/federation_rules.h"
#include "identity/people.h"
#include "identity/service_accounts.h"

// The federation rules of a workload identity provider: which of its tokens act as which service
// account.
namespace tg::admin {
namespace {

using identity::FederationRule;
using identity::WorkloadProvider;

constexpr std::size_t kMatchersMax = 32;
constexpr std::size_t kMatcherBytesMax = 1024;
constexpr auto* kMatchers = "attribute_matchers";
constexpr auto* kPermissions = "permissions";
constexpr auto* kKeyNote = "Of a federation rule: opened by access tokens of workloads only.";

Json to_json(const FederationRule& rule) {
  auto permissions = rule.scopes ? Json{{"type", "restricted"}, {"scopes", *rule.scopes}}
                                 : Json{{"type", "service_account_default"}};
  return Json{{"id", rule.id},
              {"object", "organization.workload_identity_federation_rule"},
              {"workload_identity_provider_id", rule.provider_id},
              {"project_id", rule.project_id.text()},
              {"service_account_id", rule.service_account_id.text()},
              {"name", text_or_null(rule.name)},
              {"description", text_or_null(rule.description)},
              {"enabled", rule.enabled},
              {kMatchers, Json(rule.matchers)},
              {kPermissions, std::move(permissions)},
              {"created_at", to_unix_s(rule.created_at)},
              {"updated_at", to_unix_s(rule.updated_at)}};
}

bool is_matcher(const std::string& attribute, const Json& value) {
  if (!identity::is_display_name(attribute)) return false;
  if (value.is_boolean() || value.is_number()) return true;
  return value.is_string() && value.get_ref<const std::string&>().size() <= kMatcherBytesMax;
}

ApiResult<void> read_matchers(const Json& body, FederationRule& rule) {
  const auto found = body.find(kMatchers);
  if (found == body.end() && !rule.matchers.is_null()) return {};
  const bool is_object = found != body.end() && found->is_object() && !found->empty();
  if (!is_object || found->size() > kMatchersMax) {
    // A rule without a condition would let in whoever else has tokens of this issuer.
    return refuse(Code::kFieldInvalid,
                  "'attribute_matchers' is an object of 1 to 32 conditions, as {\"repository\": "
                  "\"my-organization/my-repository\"}.",
                  kMatchers);
  }
  for (const auto& [attribute, value] : found->items()) {
    if (is_matcher(attribute, value)) continue;
    return refuse(Code::kFieldInvalid,
                  fmt::format("The matcher of '{}' is a text of at most 1,024 bytes, a number, "
                              "true or false.",
                              attribute),
                  kMatchers);
  }
  rule.matchers = oidc::Json(*found);
  return {};
}

ApiResult<void> read_permissions(const Json& body, FederationRule& rule) {
  const auto found = body.find(kPermissions);
  if (found == body.end()) return {};
  const auto wrong = [] {
    return refuse(Code::kFieldInvalid,
                  "'permissions' is {\"type\": \"service_account_default\"} or {\"type\": "
                  "\"restricted\", \"scopes\": [\"api.model.request\", …]}.",
                  kPermissions);
  };
  if (!found->is_object()) return wrong();
  const auto type = optional_text(*found, "type").value_or("");
  if (type == "service_account_default" && found->size() == 1) {
    rule.scopes.reset();
    return {};
  }
  if (type != "restricted" || found->size() != 2 || !found->contains("scopes")) return wrong();
  auto restrictions = read_restrictions(Json{{"scopes", (*found)["scopes"]}}, {}, false);
  if (!restrictions) {
    restrictions.error().param = fmt::format("{}.scopes", kPermissions);
    return std::unexpected(restrictions.error());
  }
  // No scope at all would mean every scope to a key.
  if (!*restrictions || (*restrictions)->scopes.empty()) return wrong();
  rule.scopes = (*restrictions)->scopes;
  return {};
}

identity::KeyRestrictions restrictions_of(const FederationRule& rule) {
  return {.scopes = rule.scopes.value_or(std::vector<std::string>{})};
}

const std::string& key_name(const FederationRule& rule, const WorkloadProvider& provider) {
  return rule.name.empty() ? provider.name : rule.name;
}

ApiResult<void> read_rule(const ApiRequest& request, FederationRule& rule) {
  TG_TRY_DONE(read_matchers(request.body, rule));
  TG_TRY(rule.name, read_name(request.body, rule.name));
  TG_TRY(rule.description, read_description(request.body, rule.description));
  TG_TRY(rule.enabled, optional_flag(request.body, "enabled", rule.enabled));
  return read_permissions(request.body, rule);
}

// Whoever makes a rule hands out what a key of the account would be.
ApiResult<void> check_may_give_account(OperationContext& context, const ApiRequest& request,
                                       const ProjectId& project_id) {
  TG_API_TRY(const auto there,
             permissions_in_project(context.database, request.caller, project_id));
  if (there.has({Resource::kServiceAccounts, Access::kWrite})) return {};
  return refuse_by_kind(request.caller,
                        "A rule opens a service account; you may not make keys of those in this "
                        "project.",
                        "project_id");
}

ApiResult<void> read_account(OperationContext& context, const ApiRequest& request,
                             FederationRule& rule) {
  TG_TRY(const auto project_id, required_text(request.body, "project_id"));
  TG_TRY(const auto account_id, required_text(request.body, "service_account_id"));
  TG_TRY(const auto project, find_project_of(context, request.caller, project_id));
  TG_TRY_DONE(check_may_give_account(context, request, project.id));
  const auto account =
      identity::find_service_account(context.database, ServiceAccountId{account_id});
  if (!account && account.error().code != Code::kNotFound) {
    return std::unexpected(to_api_error(account.error()));
  }
  if (!account || account->project_id != project.id) {
    return refuse(
        Code::kNotFound,
        fmt::format("There is no service account '{}' in project '{}'.", account_id, project_id),
        "service_account_id");
  }
  rule.project_id = project.id;
  rule.service_account_id = account->id;
  return {};
}

ApiResult<FederationRule> find_rule(OperationContext& context, const WorkloadProvider& provider,
                                    const ApiRequest& request) {
  const auto& id = request.ids[1];
  auto rule = identity::find_federation_rule(context.database, provider.id, id);
  if (rule) return *std::move(rule);
  if (rule.error().code != Code::kNotFound) return std::unexpected(to_api_error(rule.error()));
  return refuse(Code::kNotFound,
                fmt::format("There is no federation rule '{}' of provider '{}'.", id, provider.id),
                "workload_identity_federation_rule_id");
}

// Its key's name and scopes are what the rule says.
ApiResult<void> bring_key(OperationContext& context, const ApiRequest& request,
                          const FederationRule& before, const FederationRule& rule,
                          const WorkloadProvider& provider) {
  identity::KeyUpdate update;
  if (before.name != rule.name) update.name = key_name(rule, provider);
  if (before.scopes != rule.scopes) update.restrictions = restrictions_of(rule);
  if (!update.name && !update.restrictions) return {};
  TG_API_TRY(const auto key,
             identity::update_key(context.database, rule.key_id, update, request.caller.actor));
  tell_live_of(context, {key.record});
  return {};
}

}  // namespace

ApiResult<Json> federation_rules_list(OperationContext& context, const ApiRequest& request) {
  TG_TRY(const auto page, read_page(request.query, {"order", "service_account_id"}));
  TG_TRY(const bool descending, read_descending(request.query));
  TG_TRY(const auto account_id, optional_text(request.query, "service_account_id"));
  TG_TRY(const auto provider, find_workload_provider_of(context, request));
  TG_API_TRY(auto rules, identity::list_federation_rules(context.database, provider.id));
  if (!account_id.empty()) {
    std::erase_if(rules, [&account_id](const FederationRule& rule) {
      return rule.service_account_id.text() != account_id;
    });
  }
  if (descending) std::ranges::reverse(rules);
  return page_of(rules, page, [](const FederationRule& rule) { return rule.id; }, to_json);
}

ApiResult<Json> federation_rules_create(OperationContext& context, const ApiRequest& request) {
  TG_TRY_DONE(
      refuse_unknown_fields(request.body, {kMatchers, "project_id", "service_account_id", "name",
                                           "description", "enabled", kPermissions}));
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto provider, find_workload_provider_of(context, request));
  FederationRule rule{
      .provider_id = provider.id, .organization_id = provider.organization_id, .matchers = nullptr};
  TG_TRY_DONE(read_rule(request, rule));
  TG_TRY_DONE(read_account(context, request, rule));
  TG_API_TRY_DONE(identity::check_room_for_rule(context.database, provider.id));
  // Its secret is wiped when this returns: nobody has ever seen it.
  TG_TRY(const auto key, make_new_key(context,
                                      {.key = {.kind = keys::KeyKind::kServiceAccount,
                                               .name = key_name(rule, provider),
                                               .note = kKeyNote,
                                               .project_id = rule.project_id,
                                               .service_account_id = rule.service_account_id,
                                               .restrictions = restrictions_of(rule)},
                                       .is_of_rule = true},
                                      request.caller));
  rule.key_id = key.info.id;
  TG_API_TRY(const auto made, identity::create_federation_rule(context.database, std::move(rule),
                                                               request.caller.actor));
  return to_json(made);
}

ApiResult<Json> federation_rules_retrieve(OperationContext& context, const ApiRequest& request) {
  TG_TRY(const auto provider, find_workload_provider_of(context, request));
  TG_TRY(const auto rule, find_rule(context, provider, request));
  return to_json(rule);
}

ApiResult<Json> federation_rules_update(OperationContext& context, const ApiRequest& request) {
  TG_TRY_DONE(
      check_update_fields(request, {kMatchers, "name", "description", "enabled", kPermissions}));
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto provider, find_workload_provider_of(context, request));
  TG_TRY(const auto before, find_rule(context, provider, request));
  TG_TRY_DONE(check_may_give_account(context, request, before.project_id));
  auto rule = before;
  TG_TRY_DONE(read_rule(request, rule));
  TG_TRY_DONE(bring_key(context, request, before, rule, provider));
  TG_API_TRY(const auto changed, identity::update_federation_rule(context.database, std::move(rule),
                                                                  request.caller.actor));
  tell_live_of(context, changed.ended);
  return to_json(changed.rule);
}

ApiResult<Json> federation_rules_delete(OperationContext& context, const ApiRequest& request) {
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto provider, find_workload_provider_of(context, request));
  TG_TRY(const auto rule, find_rule(context, provider, request));
  TG_API_TRY(const auto ended,
             identity::delete_federation_rule(context.database, rule, request.caller.actor));
  tell_live_of_revoked(context, ended);
  return Json{{"id", rule.id},
              {"object", "organization.workload_identity_federation_rule.deleted"},
              {"deleted", true}};
}

}  // namespace tg::admin
