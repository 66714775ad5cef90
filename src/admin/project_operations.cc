// SPDX-License-Identifier: Apache-2.0
#include "admin/operation_context.h"
#include "admin/pages.h"
#include "identity/pages.h"

// What the command line does with projects; programs use OpenAI's Admin API
// (organization_projects.cc).
namespace tg::admin {
namespace {

Json to_json(const identity::Project& project) {
  return Json{
      {"object", "tollgate.project"},
      {"id", project.id.text()},
      {"name", project.name},
      {"is_default", project.is_default},
      {"created_at", to_unix_s(project.created_at)},
      {"archived_at", project.archived_at ? Json(to_unix_s(*project.archived_at)) : Json(nullptr)},
      {"status", project.archived_at ? "archived" : "active"}};
}

ApiResult<identity::Project> find_named(OperationContext& context, const Json& arguments,
                                        const Caller& caller) {
  TG_TRY(const auto id, required_text(arguments, "id"));
  auto project = find_project_of(context, caller, id);
  if (!project) project.error().param = "id";
  return project;
}

}  // namespace

ApiResult<Json> list_projects(OperationContext& context, const Json& arguments,
                              const Caller& caller) {
  TG_TRY(const auto page, read_operation_page(arguments));
  TG_TRY(const bool archived, optional_flag(arguments, "include_archived", false));
  TG_TRY(const auto subject, subject_of(context, caller));
  const auto projects =
      identity::page_of_projects(context.database, subject.organization_id,
                                 {.limit = page.limit, .after = page.after}, archived);
  return show_page(
      projects, page.after, [](const identity::Project& project) { return project.id.text(); },
      to_json);
}

ApiResult<Json> create_project(OperationContext& context, const Json& arguments,
                               const Caller& caller) {
  TG_TRY(const auto name, required_text(arguments, "name"));
  TG_TRY(const auto subject, subject_of(context, caller));
  const std::scoped_lock lock{context.changes};
  const auto created = identity::create_project(context.database, subject.organization_id, name,
                                                subject.user_id, caller.actor);
  if (!created) return std::unexpected(to_api_error(created.error(), "name"));
  return to_json(*created);
}

ApiResult<Json> rename_project(OperationContext& context, const Json& arguments,
                               const Caller& caller) {
  TG_TRY(const auto name, required_text(arguments, "name"));
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto project, find_named(context, arguments, caller));
  const auto renamed = identity::rename_project(context.database, project.id, name, caller.actor);
  if (!renamed) return std::unexpected(to_api_error(renamed.error(), "name"));
  return to_json(*renamed);
}

ApiResult<Json> archive_project(OperationContext& context, const Json& arguments,
                                const Caller& caller) {
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto project, find_named(context, arguments, caller));
  TG_API_TRY(const auto archived,
             identity::archive_project(context.database, project.id, caller.actor));
  tell_live_of_revoked(context, archived.revoked);
  auto json = to_json(archived.project);
  json["revoked_keys"] = archived.revoked.size();
  return json;
}

}  // namespace tg::admin
