// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "identity/audit.h"
#include "store/database.h"

// Roles of an organization and of a project: predefined ones, which stand in no table, and custom
// ones with the permissions they give. What a permission's name means, and what predefined roles
// give, says admin/permissions.h.
//
// Threading:  any control thread.
// Limits:     names as is_display_name() in people.h, unique in their place; descriptions of 1,024
//             bytes; 1,000 custom roles in each place.
// Errors:     kNotFound, kFieldInvalid, kConflict (the name is taken; a predefined role; too many).
namespace tg::identity {

// An organization, or one project of it.
struct RolePlace {
  OrganizationId organization_id;
  ProjectId project_id{};  // empty: the organization
};

struct Role {
  RoleId id;
  RolePlace place;
  std::string name;
  std::optional<std::string> description;
  std::vector<std::string> permissions;  // empty for predefined ones
  bool is_predefined = false;
  UserId created_by{};  // empty: nobody, or the command line
  WallTime created_at{};
  WallTime updated_at{};
};

// "owner", "reader" for an organization; "owner", "member" for a project. Nothing for other names.
[[nodiscard]] std::optional<Role> predefined_role(const RolePlace& place, std::string_view name);

// The predefined ones first, then by age.
[[nodiscard]] Result<std::vector<Role>> list_roles(store::Database& database,
                                                   const RolePlace& place);
// A role of exactly this place.
[[nodiscard]] Result<Role> find_role(store::Database& database, const RolePlace& place,
                                     const RoleId& id);

struct NewRole {
  std::string name;
  std::optional<std::string> description;
  std::vector<std::string> permissions;
  UserId created_by;
};
[[nodiscard]] Result<Role> create_role(store::Database& database, const RolePlace& place,
                                       const NewRole& role, const Actor& actor,
                                       WallTime now = wall_now());

struct RoleChanges {
  std::optional<std::string> name{};
  std::optional<std::string> description{};
  std::optional<std::vector<std::string>> permissions{};
};
[[nodiscard]] Result<Role> update_role(store::Database& database, const RolePlace& place,
                                       const RoleId& id, const RoleChanges& changes,
                                       const Actor& actor, WallTime now = wall_now());
// Whoever has it loses it.
[[nodiscard]] Result<void> delete_role(store::Database& database, const RolePlace& place,
                                       const RoleId& id, const Actor& actor,
                                       WallTime now = wall_now());

// Inside a transaction; these may throw what SOCI throws.
[[nodiscard]] Result<Role> read_role(soci::session& session, const RolePlace& place,
                                     const RoleId& id);
// Those of them that are there, in no order.
[[nodiscard]] std::vector<Role> read_roles(soci::session& session, const RolePlace& place,
                                           const std::vector<std::string>& ids);

}  // namespace tg::identity
