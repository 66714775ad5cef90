// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "identity/groups.h"
#include "identity/keys.h"
#include "identity/members.h"
#include "identity/project_members.h"
#include "identity/service_accounts.h"

// How somebody leaves an organization: their own keys in it are revoked, their places in projects
// and groups and their roles go, their service accounts stay and get a new owner. Who belongs to no
// organization any more is signed out everywhere. The user's row stays: the audit log means it.
//
// Threading:  any control thread; the caller tells the live state of each revoked key.
// Errors:     kNotFound: they do not belong to it; kConflict: the last owner, or the instance's
// only
//             operator from their only organization.
namespace tg::identity {

inline constexpr std::size_t kDepartureKeysMax = 10'000;

struct Departure {
  Member member;
  std::vector<KeyInfo> keys;  // that are alive: the newest kDepartureKeysMax
  std::vector<ServiceAccount> service_accounts;
  std::vector<ProjectOfMember> projects;
  std::vector<Group> groups;
  std::string obstacle;  // why they cannot leave; empty: they can
};
// Changes nothing.
[[nodiscard]] Result<Departure> preview_departure(store::Database& database,
                                                  const OrganizationId& organization_id,
                                                  const UserId& user_id);

struct Departed {
  Member member;
  std::vector<KeyId> revoked;
};
// The service accounts go to `heir` if that is another member, else to the first of the other
// owners.
[[nodiscard]] Result<Departed> remove_member(store::Database& database,
                                             const OrganizationId& organization_id,
                                             const UserId& user_id, const UserId& heir,
                                             const Actor& actor, WallTime now = wall_now());

// A departure that a restored database does not know of: once more, without a word in the audit log
// and whoever it leaves behind. Inside a Database::write(); may throw what SOCI throws.
void repeat_departure(soci::session& session, const OrganizationId& organization_id,
                      const UserId& user_id);

}  // namespace tg::identity
