// SPDX-License-Identifier: Apache-2.0
#include "identity/projects.h"

#include <soci/soci.h>

namespace tg::identity {
namespace {

// `condition` has one parameter.
Result<std::vector<Project>> select_projects(store::Database& database, const char* condition,
                                             const std::string& value) {
  std::vector<Project> projects;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    std::string id;
    std::string organization_id;
    Project project;
    int is_default = 0;
    long long created_unix_ms = 0;
    soci::statement select =
        (session.prepare << "SELECT id, organization_id, name, is_default, created_unix_ms"
                            " FROM projects WHERE "
                         << condition << " ORDER BY is_default DESC, created_unix_ms, id",
         soci::use(value), soci::into(id), soci::into(organization_id), soci::into(project.name),
         soci::into(is_default), soci::into(created_unix_ms));
    select.execute();
    while (select.fetch()) {
      project.id = ProjectId{id};
      project.organization_id = OrganizationId{organization_id};
      project.is_default = is_default != 0;
      project.created_at = from_unix_ms(created_unix_ms);
      projects.push_back(project);
    }
    return {};
  }));
  return projects;
}

Result<Project> first_of(Result<std::vector<Project>> projects) {
  if (!projects) return std::unexpected(projects.error());
  if (projects->empty()) return fail(Code::kNotFound, "there is no such project");
  return std::move(projects->front());
}

}  // namespace

Result<Project> default_project(store::Database& database, const OrganizationId& organization_id) {
  return first_of(select_projects(database, "is_default = 1 AND organization_id = :organization",
                                  organization_id.text()));
}

Result<Project> find_project(store::Database& database, const ProjectId& id) {
  return first_of(select_projects(database, "id = :id", id.text()));
}

Result<std::vector<Project>> list_projects(store::Database& database,
                                           const OrganizationId& organization_id) {
  return select_projects(database, "organization_id = :organization", organization_id.text());
}

}  // namespace tg::identity
