// SPDX-License-Identifier: Apache-2.0
#include "admin/session_object.h"

#include "identity/pages.h"
#include "identity/sessions.h"
#include "identity/sign_up.h"

namespace tg::admin {
namespace {

// What people choose from; the list of projects has them all.
constexpr std::size_t kProjectsMax = 1'000;

ApiResult<Json> projects_of(OperationContext& context, const identity::User& user) {
  TG_API_TRY(const auto first,
             identity::page_of_projects(context.database, user.organization_id,
                                        {.limit = kProjectsMax}, /*archived_too=*/true));
  auto projects = Json::array();
  for (const auto& project : first.items) {
    projects.push_back(Json{
        {"id", project.id.text()}, {"name", project.name}, {"is_default", project.is_default}});
  }
  return projects;
}

ApiResult<Json> organizations_of(OperationContext& context, const identity::User& user) {
  TG_API_TRY(const auto all, identity::list_organizations_of(context.database, user.id));
  auto organizations = Json::array();
  for (const auto& each : all) {
    organizations.push_back(Json{{"id", each.id.text()}, {"name", each.name}});
  }
  return organizations;
}

}  // namespace

ApiResult<Json> session_object(OperationContext& context, const identity::User& user,
                               std::string_view session_token) {
  TG_TRY(auto projects, projects_of(context, user));
  TG_TRY(auto organizations, organizations_of(context, user));
  TG_API_TRY(const auto policy, identity::read_sign_up_policy(context.database));
  const bool may_create = user.is_operator || policy.mode == identity::SignUpMode::kOpen;
  return Json{{"object", "tollgate.session"},
              {"user",
               {{"id", user.id.text()},
                {"email", user.email},
                {"name", user.name},
                {"is_operator", user.is_operator}}},
              {"organization",
               {{"id", user.organization_id.text()},
                {"name", user.organization_name},
                {"role", user.organization_role}}},
              {"organizations", std::move(organizations)},
              {"may_create_organizations", may_create},
              {"projects", std::move(projects)},
              {"csrf_token", identity::csrf_token(session_token, context.folder.pepper())}};
}

}  // namespace tg::admin
