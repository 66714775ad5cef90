// SPDX-License-Identifier: Apache-2.0
#include "identity/project_members.h"

#include <nlohmann/json.hpp>

#include "identity/end_keys.h"
#include "identity/page_rows.h"

namespace tg::identity {
namespace {

struct ProjectMemberRow {
  std::string project_id, organization_id, user_id;
  ProjectMember member;
  long long added_unix_ms = 0;

  void bind(soci::statement& select) {
    select.exchange(soci::into(project_id));
    select.exchange(soci::into(organization_id));
    select.exchange(soci::into(user_id));
    select.exchange(soci::into(member.email));
    select.exchange(soci::into(member.name));
    select.exchange(soci::into(member.role));
    select.exchange(soci::into(added_unix_ms));
  }
  [[nodiscard]] ProjectMember item() const {
    auto read = member;
    read.project_id = ProjectId{project_id};
    read.organization_id = OrganizationId{organization_id};
    read.user_id = UserId{user_id};
    read.added_at = from_unix_ms(added_unix_ms);
    return read;
  }
};

constexpr const char* kSelect =
    "SELECT m.project_id, p.organization_id, u.id, u.email, u.name, m.role, m.created_unix_ms"
    " FROM project_members m JOIN users u ON u.id = m.user_id"
    " JOIN projects p ON p.id = m.project_id WHERE m.project_id = :project";
constexpr PageColumns kPageColumns{
    .time = "m.created_unix_ms",
    .id = "m.user_id",
    .cursor =
        "SELECT created_unix_ms FROM project_members WHERE user_id = :user"
        " AND project_id = :project",
};

std::vector<ProjectMember> select_members(soci::session& session, const ProjectId& project_id,
                                          const std::string& condition = "",
                                          std::vector<std::string> values = {}) {
  values.insert(values.begin(), project_id.text());
  return select_rows<ProjectMemberRow>(
      session, kSelect + condition + " ORDER BY m.created_unix_ms, m.user_id", values);
}

Result<ProjectMember> read_project_member(soci::session& session, const ProjectId& project_id,
                                          const UserId& user_id) {
  auto found = select_members(session, project_id, " AND u.id = :user", {user_id.text()});
  if (found.empty()) return fail(Code::kNotFound, "there is no such user in this project");
  return std::move(found.front());
}

Result<void> check_role(const std::string& role) {
  if (role == kOwnerRole || role == kMemberRole) return {};
  return fail(Code::kFieldInvalid, "a role in a project is owner or member");
}

// The organization of a project that can be changed.
Result<OrganizationId> check_alive(soci::session& session, const ProjectId& project_id) {
  const auto found = select_rows<TextRow>(
      session, "SELECT organization_id FROM projects WHERE id = :id AND archived_unix_ms IS NULL",
      {project_id.text()});
  if (!found.empty()) return OrganizationId{found.front()};
  const bool archived =
      count_rows(session, "SELECT count(*) FROM projects WHERE id = :id", {project_id.text()}) > 0;
  if (archived) return fail(Code::kConflict, "an archived project cannot be changed");
  return fail(Code::kNotFound, "there is no such project");
}

AuditEntry entry_of(const char* action, const OrganizationId& organization_id,
                    const UserId& user_id, const nlohmann::json& detail) {
  return {.action = action,
          .target = user_id.text(),
          .organization_id = organization_id.text(),
          .detail = detail.dump()};
}

}  // namespace

Result<PageOf<ProjectMember>> page_of_project_members(store::Database& database,
                                                      const ProjectId& project_id,
                                                      const PageQuery& page) {
  return read_page_of<ProjectMemberRow>(database, kSelect, {project_id.text()}, kPageColumns, page);
}

Result<ProjectMember> find_project_member(store::Database& database, const ProjectId& project_id,
                                          const UserId& user_id) {
  ProjectMember member;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(member, read_project_member(session, project_id, user_id));
    return {};
  }));
  return member;
}

Result<void> add_project_member(soci::session& session, const OrganizationId& organization_id,
                                const ProjectRole& project, const UserId& user_id,
                                const Actor& actor, WallTime now) {
  TG_TRY_DONE(check_role(project.role));
  TG_TRY(const auto owner, check_alive(session, project.project_id));
  if (owner != organization_id) return fail(Code::kNotFound, "there is no such project");
  TG_TRY_DONE(read_member(session, organization_id, user_id));
  if (read_project_member(session, project.project_id, user_id)) {
    return fail(Code::kConflict, "this person is in the project already");
  }
  const long long now_ms = to_unix_ms(now);
  session << "INSERT INTO project_members (project_id, user_id, role, created_unix_ms)"
             " VALUES (:project, :user, :role, :now)",
      soci::use(project.project_id.text()), soci::use(user_id.text()), soci::use(project.role),
      soci::use(now_ms);
  const nlohmann::json data{{"project_id", project.project_id.text()}, {"role", project.role}};
  return append_audit(
      session, actor,
      entry_of("tollgate.project.user.added", organization_id, user_id, {{"data", data}}), now);
}

Result<ProjectMember> add_project_member(store::Database& database, const ProjectId& project_id,
                                         const UserId& user_id, const std::string& role,
                                         const Actor& actor, WallTime now) {
  ProjectMember member;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    TG_TRY(const auto organization_id, check_alive(session, project_id));
    TG_TRY_DONE(
        add_project_member(session, organization_id, {project_id, role}, user_id, actor, now));
    TG_TRY(member, read_project_member(session, project_id, user_id));
    return {};
  }));
  return member;
}

Result<ProjectMember> set_project_member_role(store::Database& database,
                                              const ProjectId& project_id, const UserId& user_id,
                                              const std::string& role, const Actor& actor,
                                              WallTime now) {
  TG_TRY_DONE(check_role(role));
  ProjectMember member;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    TG_TRY_DONE(check_alive(session, project_id));
    TG_TRY(member, read_project_member(session, project_id, user_id));
    if (member.role == role) return {};
    const nlohmann::json detail{
        {"changes_requested", {{"project_id", project_id.text()}, {"role", role}}},
        {"before", {{"role", member.role}}}};
    member.role = role;
    execute(session,
            "UPDATE project_members SET role = :role WHERE project_id = :project"
            " AND user_id = :user",
            {role, project_id.text(), user_id.text()});
    return append_audit(
        session, actor,
        entry_of("tollgate.project.user.updated", member.organization_id, user_id, detail), now);
  }));
  return member;
}

Result<std::vector<KeyId>> remove_project_member(store::Database& database,
                                                 const ProjectId& project_id, const UserId& user_id,
                                                 const Actor& actor, WallTime now) {
  std::vector<KeyId> ended;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    TG_TRY_DONE(check_alive(session, project_id));
    TG_TRY(const auto member, read_project_member(session, project_id, user_id));
    execute(session,
            "DELETE FROM role_assignments WHERE principal_id = :user AND project_id = :project",
            {user_id.text(), project_id.text()});
    execute(session, "DELETE FROM project_members WHERE project_id = :project AND user_id = :user",
            {project_id.text(), user_id.text()});
    TG_TRY_DONE(append_audit(session, actor,
                             entry_of("tollgate.project.user.deleted", member.organization_id,
                                      user_id, {{"project_id", project_id.text()}}),
                             now));
    TG_TRY(ended, end_keys(session,
                           {.organization_id = member.organization_id,
                            .condition = "user_id = :user AND project_id = :project",
                            .values = {user_id.text(), project_id.text()},
                            .reason = "owner left the project"},
                           actor, now));
    return {};
  }));
  return ended;
}

std::vector<ProjectOfMember> projects_of_member(soci::session& session,
                                                const OrganizationId& organization_id,
                                                const UserId& user_id) {
  struct Row {
    std::string id;
    ProjectOfMember project;
    void bind(soci::statement& select) {
      select.exchange(soci::into(id));
      select.exchange(soci::into(project.name));
      select.exchange(soci::into(project.role));
    }
    [[nodiscard]] ProjectOfMember item() const {
      return {.id = ProjectId{id}, .name = project.name, .role = project.role};
    }
  };
  return select_rows<Row>(session,
                          "SELECT p.id, p.name, m.role FROM project_members m"
                          " JOIN projects p ON p.id = m.project_id"
                          " WHERE p.organization_id = :organization AND m.user_id = :user"
                          " ORDER BY p.created_unix_ms, p.id",
                          {organization_id.text(), user_id.text()});
}

}  // namespace tg::identity
