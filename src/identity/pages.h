// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "identity/groups.h"
#include "identity/invites.h"
#include "identity/keys.h"
#include "identity/members.h"
#include "identity/organizations.h"
#include "identity/project_groups.h"
#include "identity/project_members.h"
#include "identity/projects.h"
#include "identity/role_assignments.h"
#include "identity/service_accounts.h"
#include "store/database.h"

// Lists that may be long, a page at a time, by age: each page is one search in an index, however
// many came before it and will come after.
//
// Threading:  any control thread.
// Limits:     what the caller asks for; one item more is read, to know whether there are more.
// Errors:     kNotFound: `after` is none of the list; kDatabase. A key that was revoked between two
//             pages, a service account that was deleted, a project that was archived still say
//             where the next one begins; of anything else that is gone, nothing is left that could.
namespace tg::identity {

struct PageQuery {
  std::size_t limit = 20;
  std::string after{};  // an item's id; "": from the beginning
  bool newest_first = false;
};

template <typename Item>
struct PageOf {
  std::vector<Item> items;
  bool has_more = false;
};

// `emails_folded`: only who has one of these; absent: everybody.
[[nodiscard]] Result<PageOf<Member>> page_of_members(
    store::Database& database, const OrganizationId& organization_id, const PageQuery& page,
    const std::optional<std::vector<std::string>>& emails_folded = std::nullopt);
[[nodiscard]] Result<PageOf<ProjectMember>> page_of_project_members(store::Database& database,
                                                                    const ProjectId& project_id,
                                                                    const PageQuery& page);
struct OwnedKey {
  KeyInfo info;
  std::optional<Member> owner;  // absent: a service account
};
// Keys that are alive, with who owns them: a project's, or the organization's admin keys.
[[nodiscard]] Result<PageOf<OwnedKey>> page_of_project_keys(store::Database& database,
                                                            const ProjectId& project_id,
                                                            const PageQuery& page);
[[nodiscard]] Result<PageOf<OwnedKey>> page_of_admin_keys(store::Database& database,
                                                          const OrganizationId& organization_id,
                                                          const PageQuery& page);
// Of an organization, as the parent is; what is absent restricts nothing.
struct KeyFilter {
  OrganizationId organization_id;
  std::optional<ProjectId> project_id{};
  std::optional<KeyId> parent_id{};  // in whatever project
  std::optional<UserId> owner_id{};
  bool revoked_too = false;
};
[[nodiscard]] Result<PageOf<KeyInfo>> page_of_keys(store::Database& database,
                                                   const KeyFilter& filter, const PageQuery& page);

[[nodiscard]] Result<PageOf<Project>> page_of_projects(store::Database& database,
                                                       const OrganizationId& organization_id,
                                                       const PageQuery& page, bool archived_too);
[[nodiscard]] Result<PageOf<ServiceAccount>> page_of_service_accounts(store::Database& database,
                                                                      const ProjectId& project_id,
                                                                      const PageQuery& page);
[[nodiscard]] Result<PageOf<Invite>> page_of_invites(store::Database& database,
                                                     const OrganizationId& organization_id,
                                                     const PageQuery& page);
[[nodiscard]] Result<PageOf<Group>> page_of_groups(store::Database& database,
                                                   const OrganizationId& organization_id,
                                                   const PageQuery& page);
// By when they joined it.
[[nodiscard]] Result<PageOf<Member>> page_of_group_members(store::Database& database,
                                                           const Group& group,
                                                           const PageQuery& page);
// By when they were added to it.
[[nodiscard]] Result<PageOf<ProjectGroup>> page_of_project_groups(store::Database& database,
                                                                  const ProjectId& project_id,
                                                                  const PageQuery& page);
// Roles in one place, as role_assignments.h orders them. Which they are is added up for each page,
// over a user's groups too; what is shown of them is read of the page's alone.
[[nodiscard]] Result<PageOf<AssignedRole>> page_of_user_roles(store::Database& database,
                                                              const RolePlace& place,
                                                              const UserId& user_id,
                                                              const PageQuery& page);
[[nodiscard]] Result<PageOf<AssignedRole>> page_of_group_roles(store::Database& database,
                                                               const RolePlace& place,
                                                               const GroupId& group_id,
                                                               const PageQuery& page);
// Those that somebody belongs to, by when they joined; and all of the instance, deleted ones too.
[[nodiscard]] Result<PageOf<Organization>> page_of_organizations_of(store::Database& database,
                                                                    const UserId& user_id,
                                                                    const PageQuery& page);
[[nodiscard]] Result<PageOf<Organization>> page_of_organizations(store::Database& database,
                                                                 const PageQuery& page);

}  // namespace tg::identity
