// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "admin/api_handlers.h"
#include "admin/authorization.h"
#include "admin/next_pages.h"
#include "admin/people_json.h"

// Roles of the Admin API, an organization's and a project's.
namespace tg::admin {
namespace {

using identity::Role;
using identity::RolePlace;

constexpr NextPageRules kRules{.limit = 1000, .limit_max = 1000};
constexpr std::size_t kPermissionsMax = 200;  // more than there are

std::string id_of(const Role& role) { return role.id.text(); }

ApiResult<RolePlace> organization_of(OperationContext& /*context*/, const ApiRequest& request) {
  return place_of(request.caller);
}

ApiResult<RolePlace> project_of(OperationContext& context, const ApiRequest& request) {
  TG_TRY(const auto project, find_project_of(context, request.caller, request.ids.front()));
  return place_of(project);
}

ApiResult<RolePlace> changeable_project_of(OperationContext& context, const ApiRequest& request) {
  TG_TRY(const auto project, find_project_of(context, request.caller, request.ids.front()));
  if (project.archived_at) return refuse(Code::kConflict, "An archived project cannot be changed.");
  return place_of(project);
}

ApiResult<Permission> read_permission(const Json& value, const RolePlace& place) {
  const auto text = value.is_string() ? value.get<std::string>() : value.dump();
  const auto permission = parse_permission(text);
  const auto scope = place.project_id.empty() ? RoleScope::kOrganization : RoleScope::kProject;
  if (permission && grantable(scope).has(*permission)) return *permission;
  return refuse(Code::kFieldInvalid,
                permission
                    ? fmt::format("'{}' cannot be given by a role {}.", text,
                                  scope == RoleScope::kProject ? "of a project" : "")
                    : fmt::format("There is no permission '{}'. The predefined role 'owner' lists "
                                  "all that there are.",
                                  text),
                "permissions");
}

// As they were given, each once. Nothing where the field is absent or null.
ApiResult<std::optional<std::vector<std::string>>> read_permissions(const Json& body,
                                                                    const RolePlace& place) {
  const auto given = body.value("permissions", Json(nullptr));
  if (given.is_null()) return std::nullopt;
  if (!given.is_array() || given.size() > kPermissionsMax) {
    return refuse(Code::kFieldInvalid,
                  fmt::format("'permissions' is an array of {} texts at most.", kPermissionsMax),
                  "permissions");
  }
  std::vector<std::string> permissions;
  for (const auto& value : given) {
    TG_TRY(const auto permission, read_permission(value, place));
    auto text = name(permission);
    if (std::ranges::find(permissions, text) == permissions.end()) {
      permissions.push_back(std::move(text));
    }
  }
  return permissions;
}

ApiResult<std::optional<std::string>> read_description(const Json& body) {
  TG_TRY(auto text, optional_text(body, "description"));
  if (body.value("description", Json(nullptr)).is_null()) return std::nullopt;
  return text;
}

ApiResult<Json> list(OperationContext& context, const ApiRequest& request, const RolePlace& place) {
  TG_TRY(const auto page, read_next_page(request.query, kRules));
  TG_API_TRY(auto roles, identity::list_roles(context.database, place));
  return next_page_of(std::move(roles), page, id_of,
                      [](const Role& role) { return to_json(role); });
}

ApiResult<Json> create(OperationContext& context, const ApiRequest& request,
                       const RolePlace& place) {
  TG_TRY_DONE(refuse_unknown_fields(request.body, {"role_name", "permissions", "description"}));
  identity::NewRole role{.created_by = request.caller.user_id};
  TG_TRY(role.name, required_text(request.body, "role_name"));
  TG_TRY(role.description, read_description(request.body));
  TG_TRY(auto permissions, read_permissions(request.body, place));
  if (!permissions) return refuse(Code::kFieldInvalid, "'permissions' is missing.", "permissions");
  role.permissions = *std::move(permissions);
  TG_TRY_DONE(check_may_give(request.caller,
                             permissions_of(Role{.place = place, .permissions = role.permissions}),
                             "permissions"));
  const auto created = identity::create_role(context.database, place, role, request.caller.actor);
  if (!created) return std::unexpected(to_api_error(created.error(), "role_name"));
  return to_json(*created);
}

ApiResult<identity::RoleChanges> read_changes(const ApiRequest& request, const Role& role) {
  identity::RoleChanges changes;
  TG_TRY(const auto name, optional_text(request.body, "role_name"));
  if (!name.empty() && name != role.name) changes.name = name;
  TG_TRY(changes.description, read_description(request.body));
  if (changes.description == role.description) changes.description.reset();
  TG_TRY(changes.permissions, read_permissions(request.body, role.place));
  const auto present = role.is_predefined ? names(permissions_of(role)) : role.permissions;
  if (changes.permissions == present) changes.permissions.reset();
  return changes;
}

// What the caller adds to a role they must have; what was there, another gave.
ApiResult<void> check_added(const Caller& caller, const Role& role,
                            const identity::RoleChanges& changes) {
  if (!changes.permissions) return {};
  const auto present = permissions_of(role);
  PermissionSet added;
  for (const auto& text : *changes.permissions) {
    const auto permission = parse_permission(text);
    if (permission && !present.has(*permission)) added.add(*permission);
  }
  return check_may_give(caller, added, "permissions");
}

ApiResult<Json> update(OperationContext& context, const ApiRequest& request, const RolePlace& place,
                       const Role& role) {
  TG_TRY_DONE(check_update_fields(request, {"role_name", "permissions", "description"}));
  TG_TRY(const auto changes, read_changes(request, role));
  if (!changes.name && !changes.description && !changes.permissions) return to_json(role);
  TG_TRY_DONE(check_added(request.caller, role, changes));
  const auto updated =
      identity::update_role(context.database, place, role.id, changes, request.caller.actor);
  if (!updated) return std::unexpected(to_api_error(updated.error(), "role_name"));
  return to_json(*updated);
}

ApiResult<Json> remove(OperationContext& context, const ApiRequest& request, const RolePlace& place,
                       const Role& role) {
  TG_API_TRY_DONE(identity::delete_role(context.database, place, role.id, request.caller.actor));
  return Json{{"object", "role.deleted"}, {"id", role.id.text()}, {"deleted", true}};
}

}  // namespace

ApiResult<Json> roles_list(OperationContext& context, const ApiRequest& request) {
  TG_TRY(const auto place, organization_of(context, request));
  return list(context, request, place);
}

ApiResult<Json> roles_create(OperationContext& context, const ApiRequest& request) {
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto place, organization_of(context, request));
  return create(context, request, place);
}

ApiResult<Json> roles_retrieve(OperationContext& context, const ApiRequest& request) {
  TG_TRY(const auto place, organization_of(context, request));
  TG_TRY(const auto role, find_role_of(context, place, request.ids.back()));
  return to_json(role);
}

ApiResult<Json> roles_update(OperationContext& context, const ApiRequest& request) {
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto place, organization_of(context, request));
  TG_TRY(const auto role, find_role_of(context, place, request.ids.back()));
  return update(context, request, place, role);
}

ApiResult<Json> roles_delete(OperationContext& context, const ApiRequest& request) {
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto place, organization_of(context, request));
  TG_TRY(const auto role, find_role_of(context, place, request.ids.back()));
  return remove(context, request, place, role);
}

ApiResult<Json> projects_roles_list(OperationContext& context, const ApiRequest& request) {
  TG_TRY(const auto place, project_of(context, request));
  return list(context, request, place);
}

ApiResult<Json> projects_roles_create(OperationContext& context, const ApiRequest& request) {
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto place, changeable_project_of(context, request));
  return create(context, request, place);
}

ApiResult<Json> projects_roles_retrieve(OperationContext& context, const ApiRequest& request) {
  TG_TRY(const auto place, project_of(context, request));
  TG_TRY(const auto role, find_role_of(context, place, request.ids.back()));
  return to_json(role);
}

ApiResult<Json> projects_roles_update(OperationContext& context, const ApiRequest& request) {
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto place, changeable_project_of(context, request));
  TG_TRY(const auto role, find_role_of(context, place, request.ids.back()));
  return update(context, request, place, role);
}

ApiResult<Json> projects_roles_delete(OperationContext& context, const ApiRequest& request) {
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto place, changeable_project_of(context, request));
  TG_TRY(const auto role, find_role_of(context, place, request.ids.back()));
  return remove(context, request, place, role);
}

}  // namespace tg::admin
