// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "admin/api_handlers.h"
#include "admin/authorization.h"
#include "admin/member_changes.h"
#include "admin/next_pages.h"
#include "admin/people_json.h"
#include "identity/pages.h"

// Which roles users and groups have, of the Admin API: in the organization and in projects.
namespace tg::admin {
namespace {

using identity::AssignedRole;
using identity::Role;
using identity::RolePlace;

constexpr NextPageRules kRules{.limit = 1000, .limit_max = 1000};

// Who has roles, and where.
struct Principal {
  RolePlace place;
  std::string id;
  std::optional<identity::Member> member;  // else a group
  bool is_archived = false;                // its project
  Json shown;
};

Principal principal_of(RolePlace place, const identity::Member& member) {
  return {.place = std::move(place),
          .id = member.id.text(),
          .member = member,
          .shown = to_json(member)};
}

Principal principal_of(RolePlace place, const identity::Group& group) {
  return {.place = std::move(place),
          .id = group.id.text(),
          .member = std::nullopt,
          .shown = to_assigned_group(group)};
}

using FindPrincipal = ApiResult<Principal>(OperationContext& context, const ApiRequest& request);

ApiResult<Principal> user_of(OperationContext& context, const ApiRequest& request) {
  TG_TRY(const auto member,
         find_member_of(context, request.caller.organization_id, request.ids.front()));
  return principal_of(place_of(request.caller), member);
}

ApiResult<Principal> group_of(OperationContext& context, const ApiRequest& request) {
  TG_TRY(const auto group, find_group_of(context, request.caller, request.ids.front()));
  return principal_of(place_of(request.caller), group);
}

ApiResult<Principal> project_user_of(OperationContext& context, const ApiRequest& request) {
  TG_TRY(const auto project, find_project_of(context, request.caller, request.ids[0]));
  TG_TRY_DONE(find_project_member_of(context, project, request.ids[1]));
  TG_TRY(const auto member, find_member_of(context, project.organization_id, request.ids[1]));
  auto principal = principal_of(place_of(project), member);
  principal.is_archived = project.archived_at.has_value();
  return principal;
}

ApiResult<Principal> project_group_of(OperationContext& context, const ApiRequest& request) {
  TG_TRY(const auto project, find_project_of(context, request.caller, request.ids[0]));
  TG_TRY(const auto group, find_project_group_of(context, project, request.ids[1]));
  auto principal = principal_of(place_of(project), group.group);
  principal.is_archived = project.archived_at.has_value();
  return principal;
}

ApiResult<AssignedRole> find_assigned(OperationContext& context, const Principal& principal,
                                      const std::string& role_id) {
  const RoleId id{role_id};
  auto assigned =
      principal.member
          ? identity::find_user_role(context.database, principal.place, principal.member->id, id)
          : identity::find_group_role(context.database, principal.place, GroupId{principal.id}, id);
  if (assigned) return *std::move(assigned);
  if (assigned.error().code != Code::kNotFound) {
    return std::unexpected(to_api_error(assigned.error()));
  }
  return refuse(Code::kNotFound,
                fmt::format("The role '{}' is not assigned to '{}'.", role_id, principal.id),
                "role_id");
}

// Null where the role is the principal's own and comes from nowhere else.
Json sources_of(const Principal& principal, const AssignedRole& assigned) {
  if (assigned.through.empty()) return nullptr;
  auto sources = Json::array();
  if (assigned.is_direct) {
    sources.push_back(Json{{"principal_id", principal.id}, {"principal_type", "user"}});
  }
  for (const auto& group : assigned.through) {
    sources.push_back(Json{{"principal_id", group.text()}, {"principal_type", "group"}});
  }
  return sources;
}

Json maker_of(const AssignedRole& assigned) {
  const auto& maker = assigned.maker;
  if (!maker) return nullptr;
  return Json{{"id", maker->id.text()}, {"name", maker->name}, {"email", maker->email}};
}

// AssignedRoleDetails.
Json to_details(const Principal& principal, const AssignedRole& assigned) {
  const auto& role = assigned.role;
  auto json = to_json(role);
  json.erase("object");
  const bool is_made = !role.is_predefined;
  json["created_at"] = is_made ? Json(to_unix_s(role.created_at)) : Json(nullptr);
  json["updated_at"] = is_made ? Json(to_unix_s(role.updated_at)) : Json(nullptr);
  json["created_by"] = role.created_by.empty() ? Json(nullptr) : Json(role.created_by.text());
  json["created_by_user_obj"] = maker_of(assigned);
  json["metadata"] = Json::object();
  json["assignment_sources"] = sources_of(principal, assigned);
  return json;
}

ApiResult<void> check_changeable(const Principal& principal) {
  if (!principal.is_archived) return {};
  return refuse(Code::kConflict, "An archived project cannot be changed.");
}

// A user has one predefined role in each place: another one takes its place.
ApiResult<void> set_predefined(OperationContext& context, const Caller& caller,
                               const Principal& principal, const Role& role) {
  const auto& member = *principal.member;
  if (principal.place.project_id.empty()) {
    TG_TRY_DONE(change_member_role(context, caller, member, role.name));
    return {};
  }
  TG_API_TRY(const auto in_project, identity::find_project_member(
                                        context.database, principal.place.project_id, member.id));
  TG_TRY_DONE(change_project_member_role(context, caller, in_project, role.name));
  return {};
}

ApiResult<Json> list(OperationContext& context, const ApiRequest& request, FindPrincipal* find) {
  TG_TRY(const auto page, read_next_page(request.query, kRules));
  TG_TRY(const auto principal, find(context, request));
  const identity::PageQuery wanted{
      .limit = page.limit, .after = page.after, .newest_first = page.newest_first};
  const auto roles = principal.member
                         ? identity::page_of_user_roles(context.database, principal.place,
                                                        principal.member->id, wanted)
                         : identity::page_of_group_roles(context.database, principal.place,
                                                         GroupId{principal.id}, wanted);
  return show_next_page(
      roles, page.after, [](const AssignedRole& assigned) { return assigned.role.id.text(); },
      [&](const AssignedRole& assigned) { return to_details(principal, assigned); });
}

ApiResult<Json> create(OperationContext& context, const ApiRequest& request, FindPrincipal* find) {
  TG_TRY_DONE(refuse_unknown_fields(request.body, {"role_id"}));
  TG_TRY(const auto role_id, required_text(request.body, "role_id"));
  const std::scoped_lock lock{context.changes};
  TG_TRY(auto principal, find(context, request));
  TG_TRY_DONE(check_changeable(principal));
  TG_TRY(const auto role, find_role_of(context, principal.place, role_id));
  if (principal.member && role.is_predefined) {
    TG_TRY_DONE(set_predefined(context, request.caller, principal, role));
    TG_TRY(principal, find(context, request));
  } else {
    TG_TRY_DONE(give_role(context, request.caller, principal.place, principal.id, role));
  }
  const bool is_user = principal.member.has_value();
  return Json{{"object", is_user ? "user.role" : "group.role"},
              {is_user ? "user" : "group", principal.shown},
              {"role", to_json(role)}};
}

ApiResult<Json> retrieve(OperationContext& context, const ApiRequest& request,
                         FindPrincipal* find) {
  TG_TRY(const auto principal, find(context, request));
  TG_TRY(const auto assigned, find_assigned(context, principal, request.ids.back()));
  return to_details(principal, assigned);
}

ApiResult<Json> remove(OperationContext& context, const ApiRequest& request, FindPrincipal* find) {
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto principal, find(context, request));
  TG_TRY_DONE(check_changeable(principal));
  TG_TRY(const auto assigned, find_assigned(context, principal, request.ids.back()));
  if (!assigned.is_direct) {
    return refuse(Code::kConflict,
                  fmt::format("The role comes through the group '{}'; take the user out of it.",
                              assigned.through.front().text()),
                  "role_id");
  }
  if (principal.member && assigned.role.is_predefined) {
    return refuse(Code::kConflict,
                  "Everybody has one of the predefined roles; assign another one instead.",
                  "role_id");
  }
  TG_API_TRY_DONE(identity::unassign_role(context.database, principal.place, principal.id,
                                          assigned.role.id, request.caller.actor));
  return Json{{"object", principal.member ? "user.role.deleted" : "group.role.deleted"},
              {"deleted", true}};
}

}  // namespace

ApiResult<Json> users_roles_list(OperationContext& context, const ApiRequest& request) {
  return list(context, request, user_of);
}
ApiResult<Json> users_roles_create(OperationContext& context, const ApiRequest& request) {
  return create(context, request, user_of);
}
ApiResult<Json> users_roles_retrieve(OperationContext& context, const ApiRequest& request) {
  return retrieve(context, request, user_of);
}
ApiResult<Json> users_roles_delete(OperationContext& context, const ApiRequest& request) {
  return remove(context, request, user_of);
}

ApiResult<Json> groups_roles_list(OperationContext& context, const ApiRequest& request) {
  return list(context, request, group_of);
}
ApiResult<Json> groups_roles_create(OperationContext& context, const ApiRequest& request) {
  return create(context, request, group_of);
}
ApiResult<Json> groups_roles_retrieve(OperationContext& context, const ApiRequest& request) {
  return retrieve(context, request, group_of);
}
ApiResult<Json> groups_roles_delete(OperationContext& context, const ApiRequest& request) {
  return remove(context, request, group_of);
}

ApiResult<Json> projects_users_roles_list(OperationContext& context, const ApiRequest& request) {
  return list(context, request, project_user_of);
}
ApiResult<Json> projects_users_roles_create(OperationContext& context, const ApiRequest& request) {
  return create(context, request, project_user_of);
}
ApiResult<Json> projects_users_roles_retrieve(OperationContext& context,
                                              const ApiRequest& request) {
  return retrieve(context, request, project_user_of);
}
ApiResult<Json> projects_users_roles_delete(OperationContext& context, const ApiRequest& request) {
  return remove(context, request, project_user_of);
}

ApiResult<Json> projects_groups_roles_list(OperationContext& context, const ApiRequest& request) {
  return list(context, request, project_group_of);
}
ApiResult<Json> projects_groups_roles_create(OperationContext& context, const ApiRequest& request) {
  return create(context, request, project_group_of);
}
ApiResult<Json> projects_groups_roles_retrieve(OperationContext& context,
                                               const ApiRequest& request) {
  return retrieve(context, request, project_group_of);
}
ApiResult<Json> projects_groups_roles_delete(OperationContext& context, const ApiRequest& request) {
  return remove(context, request, project_group_of);
}

}  // namespace tg::admin
