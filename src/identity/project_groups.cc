// SPDX-License-Identifier: Apache-2.0
#include "identity/project_groups.h"

#include <nlohmann/json.hpp>

#include "identity/end_keys.h"
#include "identity/page_rows.h"
#include "identity/role_assignments.h"

namespace tg::identity {
namespace {

struct ProjectGroupRow {
  std::string project_id, group_id, organization_id, name;
  long long created_unix_ms = 0;
  long long added_unix_ms = 0;

  void bind(soci::statement& select) {
    select.exchange(soci::into(project_id));
    select.exchange(soci::into(group_id));
    select.exchange(soci::into(organization_id));
    select.exchange(soci::into(name));
    select.exchange(soci::into(created_unix_ms));
    select.exchange(soci::into(added_unix_ms));
  }
  [[nodiscard]] ProjectGroup item() const {
    return {.project_id = ProjectId{project_id},
            .group = {.id = GroupId{group_id},
                      .organization_id = OrganizationId{organization_id},
                      .name = name,
                      .created_at = from_unix_ms(created_unix_ms)},
            .added_at = from_unix_ms(added_unix_ms)};
  }
};

constexpr const char* kSelect =
    "SELECT p.project_id, g.id, g.organization_id, g.name, g.created_unix_ms, p.created_unix_ms"
    " FROM project_groups p JOIN user_groups g ON g.id = p.group_id"
    " WHERE p.project_id = :project";
constexpr PageColumns kPageColumns{
    .time = "p.created_unix_ms",
    .id = "p.group_id",
    .cursor =
        "SELECT created_unix_ms FROM project_groups WHERE group_id = :group"
        " AND project_id = :project",
};

Result<ProjectGroup> read_project_group(soci::session& session, const ProjectId& project_id,
                                        const GroupId& group_id) {
  auto found =
      select_rows<ProjectGroupRow>(session, std::string{kSelect} + " AND p.group_id = :group",
                                   {project_id.text(), group_id.text()});
  if (found.empty()) return fail(Code::kNotFound, "there is no such group in this project");
  return std::move(found.front());
}

Result<void> append(soci::session& session, const Actor& actor, const char* action,
                    const Project& project, const GroupId& group_id, WallTime now) {
  const nlohmann::json detail{{"data", {{"project_id", project.id.text()}}}};
  return append_audit(session, actor,
                      {.action = action,
                       .target = group_id.text(),
                       .organization_id = project.organization_id.text(),
                       .detail = detail.dump()},
                      now);
}

}  // namespace

Result<PageOf<ProjectGroup>> page_of_project_groups(store::Database& database,
                                                    const ProjectId& project_id,
                                                    const PageQuery& page) {
  return read_page_of<ProjectGroupRow>(database, kSelect, {project_id.text()}, kPageColumns, page);
}

Result<ProjectGroup> find_project_group(store::Database& database, const ProjectId& project_id,
                                        const GroupId& group_id) {
  ProjectGroup group;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(group, read_project_group(session, project_id, group_id));
    return {};
  }));
  return group;
}

Result<ProjectGroup> add_project_group(store::Database& database, const Project& project,
                                       const Group& group, const Role& role, const Actor& actor,
                                       WallTime now) {
  if (project.archived_at) return fail(Code::kConflict, "an archived project cannot be changed");
  ProjectGroup added;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    if (read_project_group(session, project.id, group.id)) {
      return fail(Code::kConflict, "this group is in the project already");
    }
    const long long now_ms = to_unix_ms(now);
    session << "INSERT INTO project_groups (project_id, group_id, created_unix_ms)"
               " VALUES (:project, :group, :now)",
        soci::use(project.id.text()), soci::use(group.id.text()), soci::use(now_ms);
    TG_TRY(added, read_project_group(session, project.id, group.id));
    TG_TRY_DONE(append(session, actor, "tollgate.project.group.added", project, group.id, now));
    const RolePlace place{.organization_id = project.organization_id, .project_id = project.id};
    return assign_role(session, place, group.id.text(), role, actor, now);
  }));
  return added;
}

Result<std::vector<KeyId>> remove_project_group(store::Database& database, const Project& project,
                                                const GroupId& group_id, const Actor& actor,
                                                WallTime now) {
  if (project.archived_at) return fail(Code::kConflict, "an archived project cannot be changed");
  std::vector<KeyId> all;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    TG_TRY_DONE(read_project_group(session, project.id, group_id));
    execute(session,
            "DELETE FROM role_assignments WHERE principal_id = :group AND project_id = :project",
            {group_id.text(), project.id.text()});
    execute(session, "DELETE FROM project_groups WHERE project_id = :project AND group_id = :group",
            {project.id.text(), group_id.text()});
    TG_TRY_DONE(append(session, actor, "tollgate.project.group.deleted", project, group_id, now));
    for (const auto& user : members_of_group(session, group_id)) {
      TG_TRY(const auto ended,
             end_keys_out_of_reach(session, project.organization_id, user, actor, now));
      all.insert(all.end(), ended.begin(), ended.end());
    }
    return {};
  }));
  return all;
}

Result<bool> reaches_project(store::Database& database, const ProjectId& project_id,
                             const UserId& user_id) {
  long long ways = 0;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    ways = count_rows(session,
                      "SELECT (SELECT count(*) FROM project_members WHERE project_id = :project"
                      " AND user_id = :user) + (SELECT count(*) FROM group_members m"
                      " JOIN project_groups g ON g.group_id = m.group_id"
                      " WHERE g.project_id = :same AND m.user_id = :them)",
                      {project_id.text(), user_id.text(), project_id.text(), user_id.text()});
    return {};
  }));
  return ways > 0;
}

}  // namespace tg::identity
