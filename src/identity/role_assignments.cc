// SPDX-License-Identifier: Apache-2.0
#include "identity/role_assignments.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <unordered_map>

#include "identity/pages.h"
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

// Whose roles are asked about: a user's, their groups' among them, or a group's.
struct Holder {
  RolePlace place;
  std::string id;
  bool is_user = false;
};

// The principals are looked up one by one in the table's key. `values` get the parameters.
std::string condition_of(const Holder& holder, std::vector<std::string>& values) {
  values.insert(values.end(),
                {holder.place.organization_id.text(), holder.place.project_id.text(), holder.id});
  if (holder.is_user) values.push_back(holder.id);
  return std::string{
             " FROM role_assignments WHERE organization_id = :organization"
             " AND project_id = :project AND principal_id IN (SELECT CAST(:principal AS TEXT)"} +
         (holder.is_user ? " UNION ALL SELECT group_id FROM group_members WHERE user_id = :user)"
                         : ")");
}

struct Held {
  std::string role_id;
  bool is_direct = false;
};
struct HeldRow {
  std::string role_id;
  long long first_unix_ms = 0;
  long long is_direct = 0;

  void bind(soci::statement& select) {
    select.exchange(soci::into(role_id));
    select.exchange(soci::into(first_unix_ms));
    select.exchange(soci::into(is_direct));
  }
  [[nodiscard]] Held item() const { return {.role_id = role_id, .is_direct = is_direct != 0}; }
};

// All of them, or only that one.
std::vector<Held> select_held(soci::session& session, const Holder& holder,
                              const std::string& only = {}) {
  std::vector<std::string> values{holder.id};
  auto query =
      "SELECT role_id, MIN(created_unix_ms),"
      " MAX(CASE WHEN principal_id = :self THEN 1 ELSE 0 END)" +
      condition_of(holder, values);
  if (!only.empty()) {
    query += " AND role_id = :role";
    values.push_back(only);
  }
  auto held = select_rows<HeldRow>(session, query + " GROUP BY role_id ORDER BY 2, 1", values);
  if (!holder.is_user) return held;
  const auto predefined =
      predefined_role(holder.place, predefined_name(session, holder.place, UserId{holder.id}));
  if (!predefined || (!only.empty() && predefined->id.text() != only)) return held;
  // A group may give it too.
  std::erase_if(held, [&](const Held& each) { return each.role_id == predefined->id.text(); });
  held.insert(held.begin(), Held{.role_id = predefined->id.text(), .is_direct = true});
  return held;
}

// In their order.
template <typename Assigned>
Result<std::vector<Assigned>> with_roles(soci::session& session, const Holder& holder,
                                         std::span<const Held> held) {
  std::vector<std::string> ids;
  for (const auto& each : held) ids.push_back(each.role_id);
  auto roles = read_roles(session, holder.place, ids);
  std::vector<Assigned> assigned;
  for (const auto& each : held) {
    const auto found = std::ranges::find(
        roles, each.role_id, [](const Role& role) -> const std::string& { return role.id.text(); });
    if (found == roles.end()) return fail(Code::kNotFound, "there is no such role here");
    auto& made = assigned.emplace_back();
    made.role = std::move(*found);
    made.is_direct = each.is_direct;
    roles.erase(found);
  }
  return assigned;
}

void add_groups(soci::session& session, const Holder& holder, std::vector<AssignedRole>& roles) {
  std::vector<std::string> values;
  auto query = "SELECT role_id, principal_id" + condition_of(holder, values);
  query += " AND role_id IN " + parameters("role", roles.size());
  for (const auto& assigned : roles) values.push_back(assigned.role.id.text());
  std::unordered_map<std::string, AssignedRole*> by_id;
  for (auto& assigned : roles) by_id[assigned.role.id.text()] = &assigned;
  query += " ORDER BY created_unix_ms, principal_id";
  for (const auto& source : select_rows<Assignment>(session, query, values)) {
    if (source.principal_id == holder.id) continue;
    by_id.at(source.role_id)->through.emplace_back(source.principal_id);
  }
}

void add_makers(soci::session& session, const Holder& holder, std::vector<AssignedRole>& roles) {
  std::set<std::string> ids;
  for (const auto& assigned : roles) ids.insert(assigned.role.created_by.text());
  ids.erase("");
  const auto makers = read_members(session, holder.place.organization_id, {ids.begin(), ids.end()});
  for (auto& assigned : roles) {
    const auto maker = std::ranges::find(makers, assigned.role.created_by, &Member::id);
    if (maker != makers.end()) assigned.maker = *maker;
  }
}

// Each of them in so many statements as one.
Result<std::vector<AssignedRole>> complete(soci::session& session, const Holder& holder,
                                           std::span<const Held> held) {
  if (held.empty()) return std::vector<AssignedRole>{};
  TG_TRY(auto roles, with_roles<AssignedRole>(session, holder, held));
  if (holder.is_user) add_groups(session, holder, roles);
  add_makers(session, holder, roles);
  return roles;
}

Result<std::vector<HeldRole>> roles_of(store::Database& database, const Holder& holder) {
  std::vector<HeldRole> roles;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(roles, with_roles<HeldRole>(session, holder, select_held(session, holder)));
    return {};
  }));
  return roles;
}

Result<AssignedRole> find_assigned(store::Database& database, const Holder& holder,
                                   const RoleId& role_id) {
  std::vector<AssignedRole> found;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(found, complete(session, holder, select_held(session, holder, role_id.text())));
    return {};
  }));
  if (found.empty()) return fail(Code::kNotFound, "this role is not assigned here");
  return std::move(found.front());
}

// There are 1,000 in a place at most, and their ids are short: the page is cut out of them.
Result<PageOf<AssignedRole>> page_of(store::Database& database, const Holder& holder,
                                     const PageQuery& page) {
  PageOf<AssignedRole> found;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    auto held = select_held(session, holder);
    if (page.newest_first) std::ranges::reverse(held);
    std::span<const Held> left{held};
    if (!page.after.empty()) {
      const auto last = std::ranges::find(held, page.after, &Held::role_id);
      if (last == held.end()) return fail(Code::kNotFound, "the page's beginning is not there");
      left = left.subspan(static_cast<std::size_t>(last - held.begin()) + 1);
    }
    found.has_more = left.size() > page.limit;
    TG_TRY(found.items, complete(session, holder, left.first(std::min(left.size(), page.limit))));
    return {};
  }));
  return found;
}

Holder user(const RolePlace& place, const UserId& id) {
  return {.place = place, .id = id.text(), .is_user = true};
}
Holder group(const RolePlace& place, const GroupId& id) {
  return {.place = place, .id = id.text()};
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

Result<std::vector<HeldRole>> roles_of_user(store::Database& database, const RolePlace& place,
                                            const UserId& user_id) {
  return roles_of(database, user(place, user_id));
}

Result<std::vector<HeldRole>> roles_of_group(store::Database& database, const RolePlace& place,
                                             const GroupId& group_id) {
  return roles_of(database, group(place, group_id));
}

Result<AssignedRole> find_user_role(store::Database& database, const RolePlace& place,
                                    const UserId& user_id, const RoleId& role_id) {
  return find_assigned(database, user(place, user_id), role_id);
}

Result<AssignedRole> find_group_role(store::Database& database, const RolePlace& place,
                                     const GroupId& group_id, const RoleId& role_id) {
  return find_assigned(database, group(place, group_id), role_id);
}

Result<PageOf<AssignedRole>> page_of_user_roles(store::Database& database, const RolePlace& place,
                                                const UserId& user_id, const PageQuery& page) {
  return page_of(database, user(place, user_id), page);
}

Result<PageOf<AssignedRole>> page_of_group_roles(store::Database& database, const RolePlace& place,
                                                 const GroupId& group_id, const PageQuery& page) {
  return page_of(database, group(place, group_id), page);
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
