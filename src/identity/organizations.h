// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "identity/audit.h"
#include "store/database.h"

// The organizations of an instance. One that is deleted keeps its ledger and its audit log, without
// keys, members or personal data.
//
// Threading:  any control thread.
// Limits:     names as is_display_name() in people.h; 20 organizations for each who is no operator.
// Errors:     kNotFound, kFieldInvalid, kConflict (too many; the last one of an operator).
namespace tg::identity {

struct Organization {
  OrganizationId id;
  std::string name;
  std::string role;  // of who asks; empty where nobody in particular does
  int members = 0;
  WallTime created_at;
  std::optional<WallTime> deleted_at;
};

// Those that somebody belongs to, by when they joined.
[[nodiscard]] Result<std::vector<Organization>> list_organizations_of(store::Database& database,
                                                                      const UserId& user_id);
// Not one that was deleted.
[[nodiscard]] Result<bool> is_organization(store::Database& database, const OrganizationId& id);

// With a default project; the user is its owner.
[[nodiscard]] Result<OrganizationId> create_organization(store::Database& database,
                                                         const std::string& name,
                                                         const UserId& owner_id, const Actor& actor,
                                                         WallTime now = wall_now());
[[nodiscard]] Result<void> rename_organization(store::Database& database, const OrganizationId& id,
                                               const std::string& name, const Actor& actor,
                                               WallTime now = wall_now());

// Its keys, memberships and invitations end; who then belongs nowhere is erased: name and address
// are gone, the id stays where it is referred to. Gives the keys that were alive.
[[nodiscard]] Result<std::vector<KeyId>> delete_organization(store::Database& database,
                                                             const OrganizationId& id,
                                                             const Actor& actor,
                                                             WallTime now = wall_now());
// The same once more, for a restored database that does not know of it. Inside a Database::write();
// may throw what SOCI throws. kNotFound: it is deleted, or was never there.
[[nodiscard]] Result<std::vector<KeyId>> delete_without_audit(soci::session& session,
                                                              const OrganizationId& id,
                                                              WallTime now);

}  // namespace tg::identity
