// SPDX-License-Identifier: Apache-2.0
#include "admin/people_json.h"

#include <fmt/format.h>

#include "admin/authorization.h"
#include "keys/key_format.h"

namespace tg::admin {
namespace {

template <typename T>
ApiResult<T> found_or_refused(Result<T> found, std::string message, const char* field) {
  if (found) return *std::move(found);
  if (found.error().code != Code::kNotFound) return std::unexpected(to_api_error(found.error()));
  return refuse(Code::kNotFound, std::move(message), field);
}

}  // namespace

Json to_json(const identity::Member& member) {
  return Json{{"object", "organization.user"}, {"id", member.id.text()},
              {"name", member.name},           {"email", member.email},
              {"role", member.role},           {"added_at", to_unix_s(member.added_at)}};
}

Json to_json(const identity::ProjectMember& member) {
  return Json{{"object", "organization.project.user"},
              {"id", member.user_id.text()},
              {"name", member.name},
              {"email", member.email},
              {"role", member.role},
              {"added_at", to_unix_s(member.added_at)}};
}

Json to_json(const identity::Role& role) {
  return Json{{"object", "role"},
              {"id", role.id.text()},
              {"name", role.name},
              {"description", role.description ? Json(*role.description) : Json(nullptr)},
              {"permissions", role.is_predefined ? names(permissions_of(role)) : role.permissions},
              {"resource_type", role.place.project_id.empty() ? "api.organization" : "api.project"},
              {"predefined_role", role.is_predefined}};
}

Json to_json(const identity::ProjectGroup& group) {
  return Json{{"object", "project.group"},
              {"project_id", group.project_id.text()},
              {"group_id", group.group.id.text()},
              {"group_name", group.group.name},
              {"group_type", "group"},
              {"created_at", to_unix_s(group.added_at)}};
}

Json to_assigned_group(const identity::Group& group) {
  return Json{{"object", "group"},
              {"id", group.id.text()},
              {"name", group.name},
              {"created_at", to_unix_s(group.created_at)},
              {"scim_managed", false}};
}

Json to_json(const identity::Departure& departure) {
  auto shown = Json::object();
  shown["object"] = "tollgate.user.departure";
  shown["id"] = departure.member.id.text();
  shown["can_leave"] = departure.obstacle.empty();
  shown["obstacle"] = departure.obstacle.empty() ? Json(nullptr) : Json(departure.obstacle);
  for (const auto* list : {"keys", "service_accounts", "projects", "groups"}) {
    shown[list] = Json::array();
  }
  for (const auto& key : departure.keys) {
    shown["keys"].push_back(
        Json{{"id", key.id.text()},
             {"name", key.name},
             {"kind", keys::name(key.kind)},
             {"redacted_value", key.redacted},
             {"project_id", key.project_id.empty() ? Json(nullptr) : Json(key.project_id.text())}});
  }
  for (const auto& account : departure.service_accounts) {
    shown["service_accounts"].push_back(Json{{"id", account.id.text()},
                                             {"name", account.name},
                                             {"project_id", account.project_id.text()}});
  }
  for (const auto& project : departure.projects) {
    shown["projects"].push_back(
        Json{{"id", project.id.text()}, {"name", project.name}, {"role", project.role}});
  }
  for (const auto& group : departure.groups) {
    shown["groups"].push_back(Json{{"id", group.id.text()}, {"name", group.name}});
  }
  return shown;
}

ApiResult<identity::Member> find_member_of(OperationContext& context,
                                           const OrganizationId& organization_id,
                                           const std::string& id) {
  return found_or_refused(identity::find_member(context.database, organization_id, UserId{id}),
                          fmt::format("There is no user '{}' in this organization.", id),
                          "user_id");
}

ApiResult<identity::Group> find_group_of(OperationContext& context, const Caller& caller,
                                         const std::string& id) {
  auto group = identity::find_group(context.database, GroupId{id});
  if (group && group->organization_id != caller.organization_id) {
    group = fail(Code::kNotFound, "there is no such group");
  }
  return found_or_refused(std::move(group), fmt::format("There is no group '{}'.", id), "group_id");
}

ApiResult<identity::ProjectMember> find_project_member_of(OperationContext& context,
                                                          const identity::Project& project,
                                                          const std::string& id) {
  return found_or_refused(
      identity::find_project_member(context.database, project.id, UserId{id}),
      fmt::format("There is no user '{}' in project '{}'.", id, project.id.text()), "user_id");
}

ApiResult<identity::ProjectGroup> find_project_group_of(OperationContext& context,
                                                        const identity::Project& project,
                                                        const std::string& id) {
  return found_or_refused(
      identity::find_project_group(context.database, project.id, GroupId{id}),
      fmt::format("There is no group '{}' in project '{}'.", id, project.id.text()), "group_id");
}

ApiResult<identity::Role> find_role_of(OperationContext& context, const identity::RolePlace& place,
                                       const std::string& id) {
  return found_or_refused(identity::find_role(context.database, place, RoleId{id}),
                          fmt::format("There is no role '{}' in this {}.", id,
                                      place.project_id.empty() ? "organization" : "project"),
                          "role_id");
}

identity::RolePlace place_of(const Caller& caller) {
  return {.organization_id = caller.organization_id};
}

identity::RolePlace place_of(const identity::Project& project) {
  return {.organization_id = project.organization_id, .project_id = project.id};
}

}  // namespace tg::admin
