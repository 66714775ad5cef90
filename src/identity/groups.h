// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "identity/audit.h"
#include "identity/members.h"
#include "store/database.h"

// Groups of an organization's people: roles and projects are given to them at once.
//
// Threading:  any control thread. What takes somebody's way to a project away says which keys that
//             has revoked; the caller tells the live state.
// Limits:     names as is_display_name() in people.h, unique in the organization; 1,000 groups.
// Errors:     kNotFound, kFieldInvalid, kConflict (the name is taken, is in it already, too many).
namespace tg::identity {

struct Group {
  GroupId id;
  OrganizationId organization_id;
  std::string name;
  WallTime created_at;
};

[[nodiscard]] Result<Group> find_group(store::Database& database, const GroupId& id);
[[nodiscard]] Result<Group> create_group(store::Database& database,
                                         const OrganizationId& organization_id,
                                         const std::string& name, const Actor& actor,
                                         WallTime now = wall_now());
[[nodiscard]] Result<Group> rename_group(store::Database& database, const GroupId& id,
                                         const std::string& name, const Actor& actor,
                                         WallTime now = wall_now());
// With its roles and its places in projects.
[[nodiscard]] Result<std::vector<KeyId>> delete_group(store::Database& database, const GroupId& id,
                                                      const Actor& actor,
                                                      WallTime now = wall_now());

[[nodiscard]] Result<Member> find_group_member(store::Database& database, const GroupId& id,
                                               const UserId& user_id);
[[nodiscard]] Result<void> add_group_member(store::Database& database, const Group& group,
                                            const UserId& user_id, const Actor& actor,
                                            WallTime now = wall_now());
[[nodiscard]] Result<std::vector<KeyId>> remove_group_member(store::Database& database,
                                                             const Group& group,
                                                             const UserId& user_id,
                                                             const Actor& actor,
                                                             WallTime now = wall_now());

// Inside a transaction; these may throw what SOCI throws.
[[nodiscard]] Result<Group> read_group(soci::session& session, const GroupId& id);
[[nodiscard]] std::vector<Group> groups_of_member(soci::session& session,
                                                  const OrganizationId& organization_id,
                                                  const UserId& user_id);
[[nodiscard]] std::vector<UserId> members_of_group(soci::session& session, const GroupId& id);

}  // namespace tg::identity
