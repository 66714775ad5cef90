// SPDX-License-Identifier: Apache-2.0
#include "identity/roles.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "identity/people.h"
#include "identity/rows.h"
#include "identity/text_rules.h"

namespace tg::identity {
namespace {

constexpr long long kRolesMax = 1000;
constexpr std::size_t kDescriptionBytesMax = 1024;

struct Predefined {
  std::string_view id;
  bool in_project;
  std::string_view name;
  std::string_view description;
};
constexpr Predefined kPredefined[] = {
    {"role_organization_owner", false, "owner", "Everything in the organization"},
    {"role_organization_reader", false, "reader",
     "Sees the organization's people, groups and projects; manages nothing but their own"},
    {"role_project_owner", true, "owner", "Everything within the project"},
    {"role_project_member", true, "member",
     "Sees the project and its people; has keys of their own"},
};

bool is_of(const RolePlace& place, const Predefined& role) {
  return role.in_project == !place.project_id.empty();
}

Role role_of(const RolePlace& place, const Predefined& role) {
  return {.id = RoleId{std::string{role.id}},
          .place = place,
          .name = std::string{role.name},
          .description = std::string{role.description},
          .permissions = {},
          .is_predefined = true};
}

std::string join(const std::vector<std::string>& permissions) {
  std::string text;
  for (const auto& permission : permissions) {
    if (!text.empty()) text += ' ';
    text += permission;
  }
  return text;
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> permissions;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find(' ', begin), text.size());
    permissions.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return permissions;
}

struct RoleRow {
  std::string id, organization_id, project_id, name, description, permissions, created_by;
  soci::indicator described = soci::i_null;
  long long created_unix_ms = 0;
  long long updated_unix_ms = 0;

  void bind(soci::statement& select) {
    select.exchange(soci::into(id));
    select.exchange(soci::into(organization_id));
    select.exchange(soci::into(project_id));
    select.exchange(soci::into(name));
    select.exchange(soci::into(description, described));
    select.exchange(soci::into(permissions));
    select.exchange(soci::into(created_by));
    select.exchange(soci::into(created_unix_ms));
    select.exchange(soci::into(updated_unix_ms));
  }
  [[nodiscard]] Role item() const {
    return {.id = RoleId{id},
            .place = {.organization_id = OrganizationId{organization_id},
                      .project_id = ProjectId{project_id}},
            .name = name,
            .description = described == soci::i_ok ? std::optional{description} : std::nullopt,
            .permissions = split(permissions),
            .is_predefined = false,
            .created_by = UserId{created_by},
            .created_at = from_unix_ms(created_unix_ms),
            .updated_at = from_unix_ms(updated_unix_ms)};
  }
};

std::vector<Role> select_roles(soci::session& session, const RolePlace& place,
                               const std::string& condition = "",
                               const std::vector<std::string>& more = {}) {
  std::vector<std::string> values{place.organization_id.text(), place.project_id.text()};
  values.insert(values.end(), more.begin(), more.end());
  return select_rows<RoleRow>(
      session,
      "SELECT id, organization_id, project_id, name, description, permissions, created_by,"
      " created_unix_ms, updated_unix_ms FROM roles"
      " WHERE organization_id = :organization AND project_id = :project" +
          condition + " ORDER BY created_unix_ms, id",
      values);
}

Result<void> check_name(soci::session& session, const RolePlace& place, const std::string& name) {
  if (!is_display_name(name)) {
    return fail(Code::kFieldInvalid, "a role's name must be 1 to 256 bytes of plain text");
  }
  const bool taken = predefined_role(place, name) ||
                     !select_roles(session, place, " AND name = :name", {name}).empty();
  if (taken) return fail(Code::kConflict, "another role has this name");
  return {};
}

Result<void> check_description(const std::optional<std::string>& description) {
  if (!description) return {};
  if (description->size() <= kDescriptionBytesMax && count_plain_characters(*description)) {
    return {};
  }
  return fail(Code::kFieldInvalid,
              "a role's description must be at most 1,024 bytes of plain text");
}

Result<Role> read_custom(soci::session& session, const RolePlace& place, const RoleId& id) {
  TG_TRY(auto role, read_role(session, place, id));
  if (role.is_predefined) return fail(Code::kConflict, "a predefined role cannot be changed");
  return role;
}

// Text that is not there is NULL.
void write_role(soci::session& session, const Role& role) {
  const auto permissions = join(role.permissions);
  const auto description = role.description.value_or("");
  auto described = role.description ? soci::i_ok : soci::i_null;
  const long long created_ms = to_unix_ms(role.created_at);
  const long long updated_ms = to_unix_ms(role.updated_at);
  session << "INSERT INTO roles (id, organization_id, project_id, name, description, permissions,"
             " created_by, created_unix_ms, updated_unix_ms) VALUES (:id, :organization, :project,"
             " :name, :description, :permissions, :by, :created, :updated)"
             " ON CONFLICT (id) DO UPDATE SET name = excluded.name,"
             " description = excluded.description, permissions = excluded.permissions,"
             " updated_unix_ms = excluded.updated_unix_ms",
      soci::use(role.id.text()), soci::use(role.place.organization_id.text()),
      soci::use(role.place.project_id.text()), soci::use(role.name),
      soci::use(description, described), soci::use(permissions), soci::use(role.created_by.text()),
      soci::use(created_ms), soci::use(updated_ms);
}

// As OpenAI's event names the fields. The permissions may be too many for an entry: how many.
nlohmann::json shown(const Role& role) {
  nlohmann::json data{
      {"role_name", role.name},
      {"resource_type", role.place.project_id.empty() ? "api.organization" : "api.project"},
      {"resource_id", role.place.project_id.empty() ? role.place.organization_id.text()
                                                    : role.place.project_id.text()},
      {"permissions", role.permissions}};
  return data;
}

Result<void> append(soci::session& session, const Actor& actor, const char* action,
                    const Role& role, const nlohmann::json& detail, WallTime now) {
  return append_audit(session, actor,
                      {.action = action,
                       .target = role.id.text(),
                       .organization_id = role.place.organization_id.text(),
                       .detail = detail.dump()},
                      now);
}

// The permissions that one has and the other has not.
std::vector<std::string> without(const std::vector<std::string>& all,
                                 const std::vector<std::string>& others) {
  std::vector<std::string> left;
  for (const auto& each : all) {
    if (std::ranges::find(others, each) == others.end()) left.push_back(each);
  }
  return left;
}

nlohmann::json differences(const Role& before, const Role& after) {
  auto changed = nlohmann::json::object();
  auto was = nlohmann::json::object();
  if (before.name != after.name) {
    changed["role_name"] = after.name;
    was["role_name"] = before.name;
  }
  if (before.description != after.description) changed["description_changed"] = true;
  const auto added = without(after.permissions, before.permissions);
  const auto removed = without(before.permissions, after.permissions);
  if (!added.empty()) changed["permissions_added"] = added;
  if (!removed.empty()) changed["permissions_removed"] = removed;
  return {{"changes_requested", changed}, {"before", was}};
}

}  // namespace

std::optional<Role> predefined_role(const RolePlace& place, std::string_view name) {
  for (const auto& role : kPredefined) {
    if (is_of(place, role) && role.name == name) return role_of(place, role);
  }
  return std::nullopt;
}

Result<Role> read_role(soci::session& session, const RolePlace& place, const RoleId& id) {
  for (const auto& role : kPredefined) {
    if (is_of(place, role) && role.id == id.text()) return role_of(place, role);
  }
  auto found = select_roles(session, place, " AND id = :id", {id.text()});
  if (found.empty()) return fail(Code::kNotFound, "there is no such role here");
  return std::move(found.front());
}

std::vector<Role> read_roles(soci::session& session, const RolePlace& place,
                             const std::vector<std::string>& ids) {
  std::vector<Role> roles;
  std::vector<std::string> custom;
  for (const auto& id : ids) {
    const auto* predefined = std::ranges::find_if(
        kPredefined, [&](const auto& role) { return is_of(place, role) && role.id == id; });
    if (predefined == std::end(kPredefined)) {
      custom.push_back(id);
    } else {
      roles.push_back(role_of(place, *predefined));
    }
  }
  if (custom.empty()) return roles;
  const auto found =
      select_roles(session, place, " AND id IN " + parameters("id", custom.size()), custom);
  roles.insert(roles.end(), found.begin(), found.end());
  return roles;
}

Result<std::vector<Role>> list_roles(store::Database& database, const RolePlace& place) {
  std::vector<Role> roles;
  for (const auto& role : kPredefined) {
    if (is_of(place, role)) roles.push_back(role_of(place, role));
  }
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    const auto custom = select_roles(session, place);
    roles.insert(roles.end(), custom.begin(), custom.end());
    return {};
  }));
  return roles;
}

Result<Role> find_role(store::Database& database, const RolePlace& place, const RoleId& id) {
  Role role;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(role, read_role(session, place, id));
    return {};
  }));
  return role;
}

Result<Role> create_role(store::Database& database, const RolePlace& place, const NewRole& given,
                         const Actor& actor, WallTime now) {
  TG_TRY_DONE(check_description(given.description));
  Role role{.id = make_role_id(),
            .place = place,
            .name = given.name,
            .description = given.description,
            .permissions = given.permissions,
            .is_predefined = false,
            .created_by = given.created_by,
            .created_at = now,
            .updated_at = now};
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    TG_TRY_DONE(check_name(session, place, role.name));
    if (std::ssize(select_roles(session, place)) >= kRolesMax) {
      return fail(Code::kConflict, "there are 1,000 custom roles here, which is the most");
    }
    write_role(session, role);
    return append(session, actor, "role.created", role, {{"data", shown(role)}}, now);
  }));
  return role;
}

Result<Role> update_role(store::Database& database, const RolePlace& place, const RoleId& id,
                         const RoleChanges& changes, const Actor& actor, WallTime now) {
  TG_TRY_DONE(check_description(changes.description));
  Role role;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    TG_TRY(const auto before, read_custom(session, place, id));
    role = before;
    role.name = changes.name.value_or(role.name);
    if (changes.description) role.description = changes.description;
    role.permissions = changes.permissions.value_or(role.permissions);
    if (role.name != before.name) TG_TRY_DONE(check_name(session, place, role.name));
    if (role.name == before.name && role.description == before.description &&
        role.permissions == before.permissions) {
      return {};
    }
    role.updated_at = now;
    write_role(session, role);
    return append(session, actor, "role.updated", role, differences(before, role), now);
  }));
  return role;
}

Result<void> delete_role(store::Database& database, const RolePlace& place, const RoleId& id,
                         const Actor& actor, WallTime now) {
  return database.write([&](soci::session& session) -> Result<void> {
    TG_TRY(const auto role, read_custom(session, place, id));
    execute(session, "DELETE FROM role_assignments WHERE role_id = :id", {id.text()});
    execute(session, "DELETE FROM roles WHERE id = :id", {id.text()});
    return append(session, actor, "role.deleted", role, {{"role_name", role.name}}, now);
  });
}

}  // namespace tg::identity
