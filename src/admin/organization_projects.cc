// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "admin/api_handlers.h"
#include "admin/pages.h"
#include "identity/pages.h"

// Projects of the Admin API.
namespace tg::admin {
namespace {

using identity::Project;

Json to_json(const Project& project) {
  return Json{
      {"object", "organization.project"},
      {"id", project.id.text()},
      {"name", project.name},
      {"created_at", to_unix_s(project.created_at)},
      {"archived_at", project.archived_at ? Json(to_unix_s(*project.archived_at)) : Json(nullptr)},
      {"status", project.archived_at ? "archived" : "active"}};
}

std::string id_of(const Project& project) { return project.id.text(); }

// What nothing here enforces is refused by its name, unless it asks for what is so anyway.
ApiResult<void> refuse_unenforced(const Json& body) {
  for (const auto* field : {"residency", "external_key_id"}) {
    const auto value = body.value(field, Json(nullptr));
    if (value.is_null() || value == "GLOBAL") continue;
    return refuse(Code::kFieldInvalid,
                  fmt::format("'{}' is not supported: everything stays on this server.", field),
                  field);
  }
  return {};
}

}  // namespace

ApiResult<Json> projects_list(OperationContext& context, const ApiRequest& request) {
  TG_TRY(const auto page, read_page(request.query, {"include_archived"}));
  TG_TRY(const bool archived, read_query_flag(request.query, "include_archived"));
  const auto projects =
      identity::page_of_projects(context.database, request.caller.organization_id,
                                 {.limit = page.limit, .after = page.after}, archived);
  return show_page(projects, page.after, id_of, to_json);
}

ApiResult<Json> projects_create(OperationContext& context, const ApiRequest& request) {
  TG_TRY_DONE(refuse_unknown_fields(request.body, {"name", "residency", "external_key_id"}));
  TG_TRY(const auto name, required_text(request.body, "name"));
  TG_TRY_DONE(refuse_unenforced(request.body));
  const std::scoped_lock lock{context.changes};
  const auto created = identity::create_project(context.database, request.caller.organization_id,
                                                name, request.caller.user_id, request.caller.actor);
  if (!created) return std::unexpected(to_api_error(created.error(), "name"));
  return to_json(*created);
}

ApiResult<Json> projects_retrieve(OperationContext& context, const ApiRequest& request) {
  TG_TRY(const auto project, find_project_of(context, request.caller, request.ids.front()));
  return to_json(project);
}

ApiResult<Json> projects_update(OperationContext& context, const ApiRequest& request) {
  TG_TRY_DONE(check_update_fields(request, {"name", "external_key_id"}));
  TG_TRY(const auto name, optional_text(request.body, "name"));
  TG_TRY_DONE(refuse_unenforced(request.body));
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto project, find_project_of(context, request.caller, request.ids.front()));
  if (name.empty()) return to_json(project);
  const auto renamed =
      identity::rename_project(context.database, project.id, name, request.caller.actor);
  if (!renamed) return std::unexpected(to_api_error(renamed.error(), "name"));
  return to_json(*renamed);
}

ApiResult<Json> projects_archive(OperationContext& context, const ApiRequest& request) {
  TG_TRY_DONE(refuse_unknown_fields(request.body, {}));
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto project, find_project_of(context, request.caller, request.ids.front()));
  TG_API_TRY(const auto archived,
             identity::archive_project(context.database, project.id, request.caller.actor));
  tell_live_of_revoked(context, archived.revoked);
  return to_json(archived.project);
}

}  // namespace tg::admin
