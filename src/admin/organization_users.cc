// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "admin/api_handlers.h"
#include "admin/member_changes.h"
#include "admin/pages.h"
#include "admin/people_json.h"
#include "identity/pages.h"
#include "identity/people.h"

// Users of the Admin API: the organization's people.
namespace tg::admin {
namespace {

using identity::Member;

constexpr std::size_t kEmailsMax = 100;

std::string id_of(const Member& member) { return member.id.text(); }

// The addresses in the form in which they are compared.
ApiResult<std::vector<std::string>> read_emails(const Json& query) {
  std::vector<std::string> emails;
  auto given = query.value("emails", Json::array());
  if (!given.is_array()) given = Json::array({given});
  if (given.size() > kEmailsMax) {
    return refuse(Code::kFieldInvalid, fmt::format("'emails' takes {} at most.", kEmailsMax),
                  "emails");
  }
  for (const auto& email : given) {
    const auto& text = email.get_ref<const std::string&>();
    const auto folded = identity::fold_email(text);
    if (!folded) {
      return refuse(Code::kFieldInvalid, fmt::format("'{}' is not an e-mail address.", text),
                    "emails");
    }
    emails.push_back(*folded);
  }
  return emails;
}

// What nothing here keeps is refused by its name, unless it asks for nothing.
ApiResult<void> refuse_unkept(const Json& body) {
  for (const auto* field : {"technical_level", "developer_persona"}) {
    if (body.value(field, Json(nullptr)).is_null()) continue;
    return refuse(Code::kFieldInvalid, fmt::format("'{}' is not kept here; leave it out.", field),
                  field);
  }
  return {};
}

}  // namespace

ApiResult<Json> users_list(OperationContext& context, const ApiRequest& request) {
  TG_TRY(const auto page, read_page(request.query, {"emails"}));
  std::optional<std::vector<std::string>> emails;
  if (request.query.contains("emails")) {
    TG_TRY(emails, read_emails(request.query));
  }
  const auto members =
      identity::page_of_members(context.database, request.caller.organization_id,
                                {.limit = page.limit, .after = page.after}, emails);
  return show_page(members, page.after, id_of,
                   [](const Member& member) { return to_json(member); });
}

ApiResult<Json> users_retrieve(OperationContext& context, const ApiRequest& request) {
  TG_TRY(const auto member,
         find_member_of(context, request.caller.organization_id, request.ids.front()));
  return to_json(member);
}

ApiResult<Json> users_update(OperationContext& context, const ApiRequest& request) {
  TG_TRY_DONE(
      check_update_fields(request, {"role", "role_id", "technical_level", "developer_persona"}));
  TG_TRY(auto role, optional_text(request.body, "role"));
  TG_TRY(const auto role_id, optional_text(request.body, "role_id"));
  TG_TRY_DONE(refuse_unkept(request.body));
  const auto& caller = request.caller;
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto member, find_member_of(context, caller.organization_id, request.ids.front()));
  if (!role_id.empty()) {
    TG_TRY(const auto wanted, find_role_of(context, place_of(caller), role_id));
    if (!role.empty() && role != member.role) {
      return refuse(Code::kFieldInvalid, "Give 'role' or 'role_id', not both.", "role_id");
    }
    if (!wanted.is_predefined) {
      TG_TRY_DONE(give_role(context, caller, place_of(caller), member.id.text(), wanted));
      return to_json(member);
    }
    role = wanted.name;
  }
  if (role.empty()) return to_json(member);
  TG_TRY(const auto changed, change_member_role(context, caller, member, role));
  return to_json(changed);
}

ApiResult<Json> users_delete(OperationContext& context, const ApiRequest& request) {
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto member,
         find_member_of(context, request.caller.organization_id, request.ids.front()));
  TG_TRY_DONE(remove_from_organization(context, request.caller, member));
  return Json{{"object", "organization.user.deleted"}, {"id", member.id.text()}, {"deleted", true}};
}

}  // namespace tg::admin
