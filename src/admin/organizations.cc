// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "admin/api_handlers.h"
#include "admin/pages.h"
#include "admin/passwords.h"
#include "identity/pages.h"
#include "identity/password_change.h"
#include "identity/sign_up.h"

// Organizations: a person's own, the one they work in, and the operator's view of them all.
namespace tg::admin {
namespace {

using identity::Organization;

std::string id_of(const Organization& organization) { return organization.id.text(); }

Json to_json(const Organization& organization) {
  return Json{
      {"object", "tollgate.organization"}, {"id", organization.id.text()},
      {"name", organization.name},         {"role", organization.role},
      {"members", organization.members},   {"created_at", to_unix_s(organization.created_at)}};
}

Json to_instance_json(const Organization& organization) {
  auto json = to_json(organization);
  json.erase("role");
  json["deleted_at"] =
      organization.deleted_at ? Json(to_unix_s(*organization.deleted_at)) : Json(nullptr);
  return json;
}

ApiResult<Organization> find_own(OperationContext& context, const Caller& caller,
                                 const std::string& id) {
  TG_API_TRY(const auto all, identity::list_organizations_of(context.database, caller.user_id));
  const auto found = std::ranges::find(all, id, id_of);
  if (found != all.end()) return *found;
  return refuse(Code::kNotFound, fmt::format("There is no organization '{}'.", id),
                "organization_id");
}

// The permissions that were checked are those in the caller's present organization.
ApiResult<Organization> find_present(OperationContext& context, const ApiRequest& request) {
  const auto& id = request.ids.front();
  if (id != request.caller.organization_id.text()) {
    return refuse(Code::kNotFound,
                  fmt::format("There is no organization '{}' here. To work in another of yours, "
                              "switch to it first.",
                              id),
                  "organization_id");
  }
  return find_own(context, request.caller, id);
}

ApiResult<void> check_may_create(OperationContext& context, const Caller& caller) {
  TG_API_TRY(const auto policy, identity::read_sign_up_policy(context.database));
  const bool is_person = !caller.session_hash.empty();
  if (is_person && (caller.is_operator || policy.mode == identity::SignUpMode::kOpen)) return {};
  return refuse(Code::kForbidden,
                "Only an operator of this Tollgate creates organizations, in the console, unless "
                "its sign-up is open.");
}

}  // namespace

ApiResult<Json> organizations_list(OperationContext& context, const ApiRequest& request) {
  TG_TRY(const auto page, read_page(request.query));
  const auto found = identity::page_of_organizations_of(context.database, request.caller.user_id,
                                                        {.limit = page.limit, .after = page.after});
  return show_page(found, page.after, id_of, to_json);
}

ApiResult<Json> organizations_create(OperationContext& context, const ApiRequest& request) {
  TG_TRY_DONE(check_may_create(context, request.caller));
  TG_TRY_DONE(refuse_unknown_fields(request.body, {"name"}));
  TG_TRY(const auto name, required_text(request.body, "name"));
  const std::scoped_lock lock{context.changes};
  const auto id = identity::create_organization(context.database, name, request.caller.user_id,
                                                request.caller.actor);
  if (!id) return std::unexpected(to_api_error(id.error(), "name"));
  TG_TRY(const auto made, find_own(context, request.caller, id->text()));
  return to_json(made);
}

ApiResult<Json> organizations_retrieve(OperationContext& context, const ApiRequest& request) {
  TG_TRY_DONE(refuse_unknown_fields(request.query, {}));
  TG_TRY(const auto organization, find_present(context, request));
  return to_json(organization);
}

ApiResult<Json> organizations_update(OperationContext& context, const ApiRequest& request) {
  TG_TRY_DONE(check_update_fields(request, {"name"}));
  TG_TRY(const auto name, optional_text(request.body, "name"));
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto organization, find_present(context, request));
  if (name.empty()) return to_json(organization);
  const auto renamed =
      identity::rename_organization(context.database, organization.id, name, request.caller.actor);
  if (!renamed) return std::unexpected(to_api_error(renamed.error(), "name"));
  TG_TRY(const auto after, find_present(context, request));
  return to_json(after);
}

// Cannot be undone, so it asks for the name, against a slip, and the password, against a thief.
ApiResult<Json> organizations_delete(OperationContext& context, const ApiRequest& request) {
  const auto& caller = request.caller;
  TG_TRY_DONE(refuse_unknown_fields(request.body, {"name", "password"}));
  TG_TRY(const auto organization, find_present(context, request));
  if (!caller.is_owner || caller.session_hash.empty()) {
    return refuse(Code::kForbidden, "Only an owner may delete the organization, in the console.");
  }
  TG_TRY(const auto name, required_text(request.body, "name"));
  TG_TRY(const auto password, read_password(request.body, "password"));
  if (name != organization.name) {
    return refuse(Code::kFieldInvalid, "Type the organization's name exactly as it is.", "name");
  }
  const auto confirmed =
      identity::confirm_password(context.database, context.hasher, caller.user_id, password);
  if (!confirmed) return std::unexpected(to_api_error(confirmed.error(), "password"));
  const std::scoped_lock lock{context.changes};
  TG_API_TRY(const auto revoked,
             identity::delete_organization(context.database, organization.id, caller.actor));
  tell_live_of_revoked(context, revoked);
  return Json{{"object", "tollgate.organization.deleted"},
              {"id", organization.id.text()},
              {"deleted", true}};
}

ApiResult<Json> instance_organizations_list(OperationContext& context, const ApiRequest& request) {
  TG_TRY(const auto page, read_page(request.query));
  const auto found =
      identity::page_of_organizations(context.database, {.limit = page.limit, .after = page.after});
  return show_page(found, page.after, id_of, to_instance_json);
}

ApiResult<Json> instance_sign_up_retrieve(OperationContext& context, const ApiRequest& request) {
  TG_TRY_DONE(refuse_unknown_fields(request.query, {}));
  TG_API_TRY(const auto policy, identity::read_sign_up_policy(context.database));
  return Json{
      {"object", "tollgate.sign_up_policy"},
      {"mode", identity::name(policy.mode)},
      {"organization_id",
       policy.organization_id.empty() ? Json(nullptr) : Json(policy.organization_id.text())},
      {"domains", policy.domains}};
}

namespace {

ApiResult<std::vector<std::string>> read_domains(const Json& body) {
  std::vector<std::string> domains;
  const auto given = body.value("domains", Json::array());
  const bool all_texts = given.is_array() && std::ranges::all_of(given, [](const Json& each) {
                           return each.is_string();
                         });
  if (!all_texts) return refuse(Code::kFieldInvalid, "'domains' is a list of texts.", "domains");
  for (const auto& each : given) domains.push_back(each.get<std::string>());
  return domains;
}

ApiResult<identity::SignUpPolicy> read_policy(const Json& body) {
  identity::SignUpPolicy policy;
  TG_TRY(const auto mode_text, required_text(body, "mode"));
  const auto mode = identity::parse_sign_up_mode(mode_text);
  if (!mode) {
    return refuse(Code::kFieldInvalid, "'mode' is closed, invitation, domain or open.", "mode");
  }
  policy.mode = *mode;
  TG_TRY(auto organization_id, optional_text(body, "organization_id"));
  policy.organization_id = OrganizationId{std::move(organization_id)};
  TG_TRY(policy.domains, read_domains(body));
  const bool into_one = !policy.organization_id.empty() || !policy.domains.empty();
  if (into_one && policy.mode != identity::SignUpMode::kDomain) {
    return refuse(Code::kFieldInvalid, "'organization_id' and 'domains' go with mode domain only.",
                  "mode");
  }
  return policy;
}

}  // namespace

ApiResult<Json> instance_sign_up_update(OperationContext& context, const ApiRequest& request) {
  TG_TRY_DONE(check_update_fields(request, {"mode", "organization_id", "domains"}));
  TG_TRY(const auto policy, read_policy(request.body));
  const bool needs_mail =
      policy.mode == identity::SignUpMode::kDomain || policy.mode == identity::SignUpMode::kOpen;
  if (needs_mail && !context.has_mail()) {
    return refuse(Code::kConflict,
                  "This mode proves addresses by mail, and none is configured: set smtp_url and "
                  "mail_from first.",
                  "mode");
  }
  const std::scoped_lock lock{context.changes};
  const auto set = identity::set_sign_up_policy(context.database, policy, request.caller.actor);
  if (!set) return std::unexpected(to_api_error(set.error(), "mode"));
  return instance_sign_up_retrieve(context, request);
}

}  // namespace tg::admin
