// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "admin/api_handlers.h"
#include "admin/authorization.h"
#include "admin/next_pages.h"
#include "admin/people_json.h"
#include "identity/pages.h"

// A project's groups of the Admin API.
namespace tg::admin {
namespace {

using identity::ProjectGroup;

constexpr NextPageRules kRules{.limit = 20, .limit_max = 100};

std::string id_of(const ProjectGroup& group) { return group.group.id.text(); }

// By its id; the predefined ones by their names too.
ApiResult<identity::Role> read_role(OperationContext& context, const ApiRequest& request,
                                    const identity::Project& project) {
  TG_TRY(const auto text, required_text(request.body, "role"));
  if (auto role = identity::predefined_role(place_of(project), text)) return *std::move(role);
  auto role = find_role_of(context, place_of(project), text);
  if (!role) role.error().param = "role";
  return role;
}

ApiResult<void> check_type(const ApiRequest& request) {
  for (const auto& [name, value] : request.query.items()) {
    if (name != "group_type") {
      return refuse(Code::kFieldInvalid, fmt::format("Unknown query parameter '{}'.", name), name);
    }
    if (value == "group") continue;
    if (value == "tenant_group") {
      return refuse(Code::kNotFound, "There are no tenant groups here.", "group_type");
    }
    return refuse(Code::kFieldInvalid, "'group_type' is group or tenant_group.", "group_type");
  }
  return {};
}

}  // namespace

ApiResult<Json> projects_groups_list(OperationContext& context, const ApiRequest& request) {
  TG_TRY(const auto page, read_next_page(request.query, kRules));
  TG_TRY(const auto project, find_project_of(context, request.caller, request.ids.front()));
  const auto groups = identity::page_of_project_groups(
      context.database, project.id,
      {.limit = page.limit, .after = page.after, .newest_first = page.newest_first});
  return show_next_page(groups, page.after, id_of,
                        [](const ProjectGroup& group) { return to_json(group); });
}

ApiResult<Json> projects_groups_create(OperationContext& context, const ApiRequest& request) {
  TG_TRY_DONE(refuse_unknown_fields(request.body, {"group_id", "role"}));
  TG_TRY(const auto group_id, required_text(request.body, "group_id"));
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto project, find_project_of(context, request.caller, request.ids.front()));
  TG_TRY(const auto role, read_role(context, request, project));
  TG_TRY(const auto group, find_group_of(context, request.caller, group_id));
  TG_TRY_DONE(check_may_give(request.caller, permissions_of(role), "role"));
  const auto added =
      identity::add_project_group(context.database, project, group, role, request.caller.actor);
  if (!added) return std::unexpected(to_api_error(added.error(), "group_id"));
  return to_json(*added);
}

ApiResult<Json> projects_groups_retrieve(OperationContext& context, const ApiRequest& request) {
  TG_TRY_DONE(check_type(request));
  TG_TRY(const auto project, find_project_of(context, request.caller, request.ids[0]));
  TG_TRY(const auto group, find_project_group_of(context, project, request.ids[1]));
  return to_json(group);
}

ApiResult<Json> projects_groups_delete(OperationContext& context, const ApiRequest& request) {
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto project, find_project_of(context, request.caller, request.ids[0]));
  TG_TRY(const auto group, find_project_group_of(context, project, request.ids[1]));
  TG_API_TRY(const auto revoked,
             identity::remove_project_group(context.database, project, group.group.id,
                                            request.caller.actor));
  tell_live_of_revoked(context, revoked);
  return Json{{"object", "project.group.deleted"}, {"deleted", true}};
}

}  // namespace tg::admin
