// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "admin/api_handlers.h"
#include "admin/authorization.h"
#include "admin/next_pages.h"
#include "admin/people_json.h"
#include "identity/pages.h"

// Groups of the Admin API, and who is in them.
namespace tg::admin {
namespace {

using identity::Group;
using identity::Member;

std::string id_of(const Group& group) { return group.id.text(); }
std::string id_of_user(const Member& member) { return member.id.text(); }

// GroupResourceWithSuccess, and all but the kind of GroupResponse.
Json to_short_json(const Group& group) {
  return Json{{"id", group.id.text()},
              {"name", group.name},
              {"created_at", to_unix_s(group.created_at)},
              {"is_scim_managed", false}};
}

Json to_json(const Group& group) {
  auto json = to_short_json(group);
  json["group_type"] = "group";
  return json;
}

ApiResult<Group> find(OperationContext& context, const ApiRequest& request) {
  return find_group_of(context, request.caller, request.ids.front());
}

ApiResult<Member> find_user(OperationContext& context, const ApiRequest& request) {
  TG_TRY(const auto group, find(context, request));
  const auto& id = request.ids[1];
  auto member = identity::find_group_member(context.database, group.id, UserId{id});
  if (member) return *std::move(member);
  if (member.error().code != Code::kNotFound) {
    return std::unexpected(to_api_error(member.error()));
  }
  return refuse(Code::kNotFound,
                fmt::format("There is no user '{}' in group '{}'.", id, group.id.text()),
                "user_id");
}

// Whoever joins a group gets its roles, here and in projects.
ApiResult<void> check_may_add_to(OperationContext& context, const Caller& caller,
                                 const Group& group) {
  TG_API_TRY(const auto places, identity::places_of_group(context.database, group.id));
  for (const auto& place : places) {
    TG_API_TRY(const auto roles, identity::roles_of_group(context.database, place, group.id));
    auto there = caller;
    if (!place.project_id.empty()) {
      TG_API_TRY(there.permissions,
                 permissions_in_project(context.database, caller, place.project_id));
    }
    TG_TRY_DONE(check_may_give(there, permissions_of(roles), "user_id"));
  }
  return {};
}

}  // namespace

ApiResult<Json> groups_list(OperationContext& context, const ApiRequest& request) {
  TG_TRY(const auto page, read_next_page(request.query, {}));
  const auto groups = identity::page_of_groups(
      context.database, request.caller.organization_id,
      {.limit = page.limit, .after = page.after, .newest_first = page.newest_first});
  return show_next_page(groups, page.after, id_of,
                        [](const Group& group) { return to_json(group); });
}

ApiResult<Json> groups_create(OperationContext& context, const ApiRequest& request) {
  TG_TRY_DONE(refuse_unknown_fields(request.body, {"name"}));
  TG_TRY(const auto name, required_text(request.body, "name"));
  const std::scoped_lock lock{context.changes};
  const auto created = identity::create_group(context.database, request.caller.organization_id,
                                              name, request.caller.actor);
  if (!created) return std::unexpected(to_api_error(created.error(), "name"));
  return to_json(*created);
}

ApiResult<Json> groups_retrieve(OperationContext& context, const ApiRequest& request) {
  TG_TRY(const auto group, find(context, request));
  return to_json(group);
}

ApiResult<Json> groups_update(OperationContext& context, const ApiRequest& request) {
  TG_TRY_DONE(check_update_fields(request, {"name"}));
  TG_TRY(const auto name, required_text(request.body, "name"));
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto group, find(context, request));
  const auto renamed =
      identity::rename_group(context.database, group.id, name, request.caller.actor);
  if (!renamed) return std::unexpected(to_api_error(renamed.error(), "name"));
  return to_short_json(*renamed);
}

ApiResult<Json> groups_delete(OperationContext& context, const ApiRequest& request) {
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto group, find(context, request));
  TG_API_TRY(const auto revoked,
             identity::delete_group(context.database, group.id, request.caller.actor));
  tell_live_of_revoked(context, revoked);
  return Json{{"object", "group.deleted"}, {"id", group.id.text()}, {"deleted", true}};
}

ApiResult<Json> groups_users_list(OperationContext& context, const ApiRequest& request) {
  TG_TRY(const auto page, read_next_page(request.query, {.newest_first = true}));
  TG_TRY(const auto group, find(context, request));
  const auto members = identity::page_of_group_members(
      context.database, group,
      {.limit = page.limit, .after = page.after, .newest_first = page.newest_first});
  return show_next_page(members, page.after, id_of_user, [](const Member& member) {
    return Json{{"id", member.id.text()}, {"name", member.name}, {"email", member.email}};
  });
}

ApiResult<Json> groups_users_create(OperationContext& context, const ApiRequest& request) {
  TG_TRY_DONE(refuse_unknown_fields(request.body, {"user_id"}));
  TG_TRY(const auto user_id, required_text(request.body, "user_id"));
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto group, find(context, request));
  TG_TRY(const auto member, find_member_of(context, group.organization_id, user_id));
  TG_TRY_DONE(check_may_add_to(context, request.caller, group));
  const auto added =
      identity::add_group_member(context.database, group, member.id, request.caller.actor);
  if (!added) return std::unexpected(to_api_error(added.error(), "user_id"));
  return Json{
      {"object", "group.user"}, {"user_id", member.id.text()}, {"group_id", group.id.text()}};
}

ApiResult<Json> groups_users_retrieve(OperationContext& context, const ApiRequest& request) {
  TG_TRY(const auto member, find_user(context, request));
  return Json{{"id", member.id.text()}, {"name", member.name},         {"email", member.email},
              {"picture", nullptr},     {"is_service_account", false}, {"user_type", "user"}};
}

ApiResult<Json> groups_users_delete(OperationContext& context, const ApiRequest& request) {
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto group, find(context, request));
  TG_TRY(const auto member, find_user(context, request));
  TG_API_TRY(const auto revoked, identity::remove_group_member(context.database, group, member.id,
                                                               request.caller.actor));
  tell_live_of_revoked(context, revoked);
  return Json{{"object", "group.user.deleted"}, {"deleted", true}};
}

}  // namespace tg::admin
