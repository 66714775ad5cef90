// SPDX-License-Identifier: Apache-2.0
#include "identity/role_assignments.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "identity/rows.h"

namespace tg::identity {
namespace {

struct Assignment {
  std::string role_id;
  std::string principal_id;

  void bind(soci::statement& select) {
    select.exchange(soci::into(role_id));
    select.exchange(soci::into(principal_id));
  }
  [[nodiscard]] Assignment item() const { return *this; }
};

constexpr const char* kOfPlace =
    "SELECT role_id, principal_id FROM role_assignments"
    " WHERE organization_id = :organization AND project_id = :project AND ";

std::vector<Assignment> select_assignments(soci::session& session, const RolePlace& place,
                                           const std::string& condition,
                                           const std::vector<std::string>& more) {
  std::vector<std::string> values{place.organization_id.text(), place.project_id.text()};
  values.insert(values.end(), more.begin(), more.end());
  return select_rows<Assignment>(
      session, kOfPlace + condition + " ORDER BY created_unix_ms, role_id", values);
}

struct PlaceRow {
  std::string organization_id, project_id;

  void bind(soci::statement& select) {
    select.exchange(soci::into(organization_id));
    select.exchange(soci::into(project_id));
  }
  [[nodiscard]] RolePlace item() const {
    return {.organization_id = OrganizationId{organization_id},
            .project_id = ProjectId{project_id}};
  }
};

// The name of the predefined role by membership; empty: none.
std::string predefined_name(soci::session& session, const RolePlace& place, const UserId& user_id) {
  const auto names =
      place.project_id.empty()
          ? select_rows<TextRow>(
                session,
                "SELECT role FROM memberships WHERE organization_id = :organization"
                " AND user_id = :user",
                {place.organization_id.text(), user_id.text()})
          // Of the caller's organization: a project of another one gives nothing here.
          : select_rows<TextRow>(
                session,
                "SELECT m.role FROM project_members m"
                " JOIN projects p ON p.id = m.project_id"
                " WHERE p.organization_id = :organization"
                " AND m.project_id = :project AND m.user_id = :user",
                {place.organization_id.text(), place.project_id.text(), user_id.text()});
  return names.empty() ? "" : names.front();
}

// `user_id` is empty where the roles are a group's own.
Result<void> add(soci::session& session, const RolePlace& place, const Assignment& assignment,
                 const std::string& user_id, std::vector<AssignedRole>& roles) {
  const RoleId id{assignment.role_id};
  auto known = std::ranges::find(roles, id, [](const auto& assigned) { return assigned.role.id; });
  if (known == roles.end()) {
    TG_TRY(auto role, read_role(session, place, id));
    known = roles.insert(roles.end(), AssignedRole{.role = std::move(role), .through = {}});
  }
  if (user_id.empty() || assignment.principal_id == user_id) {
    known->is_direct = true;
  } else {
    known->through.emplace_back(assignment.principal_id);
  }
  return {};
}

Result<void> append(soci::session& session, const Actor& actor, const char* action,
                    const RolePlace& place, const std::string& principal_id, const RoleId& role_id,
                    WallTime now) {
  const bool is_group = principal_id.starts_with("group_");
  const bool in_project = !place.project_id.empty();
  const nlohmann::json detail{
      {"principal_id", principal_id},
      {"principal_type", is_group ? "group" : "user"},
      {"resource_id", in_project ? place.project_id.text() : place.organization_id.text()},
      {"resource_type", in_project ? "api.project" : "api.organization"}};
  return append_audit(session, actor,
                      {.action = action,
                       .target = role_id.text(),
                       .organization_id = place.organization_id.text(),
                       .detail = nlohmann::json{{"data", detail}}.dump()},
                      now);
}

}  // namespace

Result<std::vector<AssignedRole>> roles_of_user(store::Database& database, const RolePlace& place,
                                                const UserId& user_id) {
  std::vector<AssignedRole> roles;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    if (auto role = predefined_role(place, predefined_name(session, place, user_id))) {
      roles.push_back({.role = *std::move(role), .is_direct = true, .through = {}});
    }
    const auto& user = user_id.text();
    for (const auto& assignment :
         select_assignments(session, place,
                            "(principal_id = :user OR principal_id IN"
                            " (SELECT group_id FROM group_members WHERE user_id = :same))",
                            {user, user})) {
      TG_TRY_DONE(add(session, place, assignment, user, roles));
    }
    return {};
  }));
  return roles;
}

Result<std::vector<AssignedRole>> roles_of_group(store::Database& database, const RolePlace& place,
                                                 const GroupId& group_id) {
  std::vector<AssignedRole> roles;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    for (const auto& assignment :
         select_assignments(session, place, "principal_id = :group", {group_id.text()})) {
      TG_TRY_DONE(add(session, place, assignment, {}, roles));
    }
    return {};
  }));
  return roles;
}

Result<std::vector<RolePlace>> places_of_group(store::Database& database, const GroupId& group_id) {
  std::vector<RolePlace> places;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    places = select_rows<PlaceRow>(session,
                                   "SELECT DISTINCT organization_id, project_id"
                                   " FROM role_assignments WHERE principal_id = :group",
                                   {group_id.text()});
    return {};
  }));
  return places;
}

Result<void> assign_role(soci::session& session, const RolePlace& place,
                         const std::string& principal_id, const Role& role, const Actor& actor,
                         WallTime now) {
  const std::vector<std::string> values{principal_id, role.id.text()};
  if (!select_assignments(session, place, "principal_id = :principal AND role_id = :role", values)
           .empty()) {
    return fail(Code::kConflict, "this role is assigned already");
  }
  const long long now_ms = to_unix_ms(now);
  session << "INSERT INTO role_assignments (organization_id, project_id, principal_id, role_id,"
             " created_unix_ms) VALUES (:organization, :project, :principal, :role, :now)",
      soci::use(place.organization_id.text()), soci::use(place.project_id.text()),
      soci::use(principal_id), soci::use(role.id.text()), soci::use(now_ms);
  return append(session, actor, "role.assignment.created", place, principal_id, role.id, now);
}

Result<void> assign_role(store::Database& database, const RolePlace& place,
                         const std::string& principal_id, const Role& role, const Actor& actor,
                         WallTime now) {
  return database.write([&](soci::session& session) -> Result<void> {
    return assign_role(session, place, principal_id, role, actor, now);
  });
}

Result<void> unassign_role(store::Database& database, const RolePlace& place,
                           const std::string& principal_id, const RoleId& role_id,
                           const Actor& actor, WallTime now) {
  return database.write([&](soci::session& session) -> Result<void> {
    const std::vector<std::string> values{principal_id, role_id.text()};
    if (select_assignments(session, place, "principal_id = :principal AND role_id = :role", values)
            .empty()) {
      return fail(Code::kNotFound, "this role is not assigned here");
    }
    execute(session,
            "DELETE FROM role_assignments WHERE principal_id = :principal AND role_id = :role"
            " AND project_id = :project",
            {principal_id, role_id.text(), place.project_id.text()});
    return append(session, actor, "role.assignment.deleted", place, principal_id, role_id, now);
  });
}

}  // namespace tg::identity
