// SPDX-License-Identifier: Apache-2.0
#include "identity/projects.h"

#include <nlohmann/json.hpp>

#include "identity/audit_detail.h"
#include "identity/page_rows.h"
#include "identity/people.h"
#include "identity/project_members.h"

namespace tg::identity {
namespace {

struct ProjectRow {
  std::string id, organization_id, name;
  long long is_default = 0;
  long long created_unix_ms = 0;
  long long archived_unix_ms = 0;
  soci::indicator archived = soci::i_null;

  void bind(soci::statement& select) {
    for (auto* text : {&id, &organization_id, &name}) select.exchange(soci::into(*text));
    select.exchange(soci::into(is_default));
    select.exchange(soci::into(created_unix_ms));
    select.exchange(soci::into(archived_unix_ms, archived));
  }
  [[nodiscard]] Project item() const {
    return {.id = ProjectId{id},
            .name = name,
            .organization_id = OrganizationId{organization_id},
            .is_default = is_default != 0,
            .created_at = from_unix_ms(created_unix_ms),
            .archived_at = archived == soci::i_ok ? std::optional{from_unix_ms(archived_unix_ms)}
                                                  : std::nullopt};
  }
};

constexpr const char* kSelect =
    "SELECT id, organization_id, name, is_default, created_unix_ms, archived_unix_ms FROM projects"
    " WHERE ";
// Whether or not the project that the page comes behind has been archived since.
constexpr PageColumns kPageColumns{
    .time = "created_unix_ms",
    .id = "id",
    .cursor =
        "SELECT created_unix_ms FROM projects WHERE id = :id AND organization_id = :organization",
};

// `condition` has one parameter, and one project at most fulfils it.
Result<Project> select_project(store::Database& database, const std::string& condition,
                               const std::string& value) {
  std::vector<Project> found;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    found = select_rows<ProjectRow>(session, kSelect + condition, {value});
    return {};
  }));
  if (found.empty()) return fail(Code::kNotFound, "there is no such project");
  return std::move(found.front());
}

Result<void> check_name(const std::string& name) {
  if (is_display_name(name)) return {};
  return fail(Code::kFieldInvalid, "a project's name must be 1 to 256 bytes of plain text");
}

AuditEntry entry_of(std::string action, const Project& project, const nlohmann::json& detail) {
  return {.action = std::move(action),
          .target = project.id.text(),
          .organization_id = project.organization_id.text(),
          .detail = detail.dump()};
}

nlohmann::json name_of(const Project& project) { return {{"name", project.name}}; }

std::vector<KeyId> alive_keys(soci::session& session, const ProjectId& id) {
  std::vector<KeyId> keys;
  for (auto& key : select_rows<TextRow>(session,
                                        "SELECT id FROM api_keys WHERE project_id = :id"
                                        " AND revoked_unix_ms IS NULL ORDER BY id",
                                        {id.text()})) {
    keys.emplace_back(std::move(key));
  }
  return keys;
}

}  // namespace

Result<Project> default_project(store::Database& database, const OrganizationId& organization_id) {
  return select_project(database, "is_default = 1 AND organization_id = :organization",
                        organization_id.text());
}

Result<Project> find_project(store::Database& database, const ProjectId& id) {
  return select_project(database, "id = :id", id.text());
}

Result<PageOf<Project>> page_of_projects(store::Database& database,
                                         const OrganizationId& organization_id,
                                         const PageQuery& page, bool archived_too) {
  auto query = std::string{kSelect} + "organization_id = :organization";
  if (!archived_too) query += " AND archived_unix_ms IS NULL";
  return read_page_of<ProjectRow>(database, query, {organization_id.text()}, kPageColumns, page);
}

Result<Project> create_project(store::Database& database, const OrganizationId& organization_id,
                               const std::string& name, const UserId& owner_id, const Actor& actor,
                               WallTime now) {
  TG_TRY_DONE(check_name(name));
  Project project{.id = make_project_id(),
                  .name = name,
                  .organization_id = organization_id,
                  .is_default = false,
                  .created_at = now,
                  .archived_at = std::nullopt};
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    const long long now_ms = to_unix_ms(now);
    session << "INSERT INTO projects (id, organization_id, name, is_default, created_unix_ms)"
               " VALUES (:id, :organization, :name, 0, :now)",
        soci::use(project.id.text()), soci::use(organization_id.text()), soci::use(name),
        soci::use(now_ms);
    TG_TRY_DONE(append_audit(
        session, actor, entry_of("project.created", project, {{"data", name_of(project)}}), now));
    if (owner_id.empty()) return {};
    return add_project_member(session, organization_id, {project.id, std::string{kOwnerRole}},
                              owner_id, actor, now);
  }));
  return project;
}

Result<Project> rename_project(store::Database& database, const ProjectId& id,
                               const std::string& name, const Actor& actor, WallTime now) {
  TG_TRY_DONE(check_name(name));
  TG_TRY(auto project, find_project(database, id));
  if (project.archived_at) return fail(Code::kConflict, "an archived project cannot be changed");
  if (project.name == name) return project;
  auto before = name_of(project);
  project.name = name;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    session << "UPDATE projects SET name = :name WHERE id = :id", soci::use(name),
        soci::use(id.text());
    return append_audit(session, actor,
                        entry_of("project.updated", project,
                                 {{"changes_requested", name_of(project)}, {"before", before}}),
                        now);
  }));
  return project;
}

Result<ArchivedProject> archive_project(store::Database& database, const ProjectId& id,
                                        const Actor& actor, WallTime now) {
  ArchivedProject archived;
  TG_TRY(archived.project, find_project(database, id));
  auto& project = archived.project;
  if (project.is_default) return fail(Code::kConflict, "the default project cannot be archived");
  if (project.archived_at) return archived;
  project.archived_at = now;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    const long long now_ms = to_unix_ms(now);
    session << "UPDATE projects SET archived_unix_ms = :now WHERE id = :id", soci::use(now_ms),
        soci::use(id.text());
    archived.revoked = alive_keys(session, id);
    session << "UPDATE api_keys SET revoked_unix_ms = :now, revoke_reason = 'project archived'"
               " WHERE project_id = :id AND revoked_unix_ms IS NULL",
        soci::use(now_ms), soci::use(id.text());
    return append_audit(
        session, actor,
        entry_of("project.archived", project,
                 {{"before", name_of(project)}, {"revoked_keys", id_texts(archived.revoked)}}),
        now);
  }));
  return archived;
}

}  // namespace tg::identity
