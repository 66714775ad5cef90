// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "admin/api_handlers.h"
#include "admin/authorization.h"
#include "admin/member_changes.h"
#include "admin/pages.h"
#include "admin/people_json.h"
#include "identity/pages.h"

// A project's users of the Admin API.
namespace tg::admin {
namespace {

using identity::ProjectMember;

std::string id_of(const ProjectMember& member) { return member.user_id.text(); }

// Whom the body names, by id or by e-mail.
ApiResult<identity::Member> read_member(OperationContext& context, const ApiRequest& request) {
  TG_TRY(const auto user_id, optional_text(request.body, "user_id"));
  TG_TRY(const auto email, optional_text(request.body, "email"));
  const auto& organization_id = request.caller.organization_id;
  if (user_id.empty() == email.empty()) {
    return refuse(Code::kFieldInvalid, "Give either 'user_id' or 'email'.", "user_id");
  }
  if (!user_id.empty()) return find_member_of(context, organization_id, user_id);
  auto member = identity::find_member_by_email(context.database, organization_id, email);
  if (member) return *std::move(member);
  if (member.error().code != Code::kNotFound) {
    return std::unexpected(to_api_error(member.error()));
  }
  return refuse(Code::kNotFound,
                fmt::format("Nobody in this organization has the e-mail address '{}'. Who is added "
                            "to a project must belong to the organization.",
                            email),
                "email");
}

ApiResult<ProjectMember> find(OperationContext& context, const ApiRequest& request) {
  TG_TRY(const auto project, find_project_of(context, request.caller, request.ids[0]));
  return find_project_member_of(context, project, request.ids[1]);
}

}  // namespace

ApiResult<Json> projects_users_list(OperationContext& context, const ApiRequest& request) {
  TG_TRY(const auto page, read_page(request.query));
  TG_TRY(const auto project, find_project_of(context, request.caller, request.ids.front()));
  const auto members = identity::page_of_project_members(
      context.database, project.id, {.limit = page.limit, .after = page.after});
  return show_page(members, page.after, id_of,
                   [](const ProjectMember& member) { return to_json(member); });
}

ApiResult<Json> projects_users_create(OperationContext& context, const ApiRequest& request) {
  TG_TRY_DONE(refuse_unknown_fields(request.body, {"user_id", "email", "role"}));
  TG_TRY(const auto role, required_text(request.body, "role"));
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto project, find_project_of(context, request.caller, request.ids.front()));
  TG_TRY(const auto member, read_member(context, request));
  TG_TRY_DONE(
      check_may_give(request.caller, permissions_of_role(role, RoleScope::kProject), "role"));
  const auto added = identity::add_project_member(context.database, project.id, member.id, role,
                                                  request.caller.actor);
  if (!added) return std::unexpected(to_api_error(added.error(), "role"));
  return to_json(*added);
}

ApiResult<Json> projects_users_retrieve(OperationContext& context, const ApiRequest& request) {
  TG_TRY(const auto member, find(context, request));
  return to_json(member);
}

ApiResult<Json> projects_users_update(OperationContext& context, const ApiRequest& request) {
  TG_TRY_DONE(check_update_fields(request, {"role"}));
  TG_TRY(const auto role, optional_text(request.body, "role"));
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto member, find(context, request));
  if (role.empty()) return to_json(member);
  TG_TRY(const auto changed, change_project_member_role(context, request.caller, member, role));
  return to_json(changed);
}

ApiResult<Json> projects_users_delete(OperationContext& context, const ApiRequest& request) {
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto member, find(context, request));
  TG_TRY_DONE(
      check_may_manage(request.caller, permissions_of_role(member.role, RoleScope::kProject)));
  TG_API_TRY(const auto revoked,
             identity::remove_project_member(context.database, member.project_id, member.user_id,
                                             request.caller.actor));
  tell_live_of_revoked(context, revoked);
  return Json{{"object", "organization.project.user.deleted"},
              {"id", member.user_id.text()},
              {"deleted", true}};
}

}  // namespace tg::admin
