// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "store/database.h"

// New people, new organizations and who belongs to which, inside a transaction that also spends
// what entitles to it: a link, an invitation. For this room only; may throw what SOCI throws.
//
// Errors:  kFieldInvalid, kConflict (the address is taken).
namespace tg::identity {

struct NewPerson {
  std::string name;           // empty: the e-mail's local part
  std::string password_hash;  // from PasswordHasher
};
[[nodiscard]] Result<UserId> insert_person(soci::session& session, const std::string& email,
                                           const NewPerson& person, WallTime now);

struct JoinedProject {
  ProjectId id;
  std::string role;  // "member" or "owner"
};
struct Joining {
  OrganizationId organization_id;
  UserId user_id;
  std::string role;  // "owner" or "reader"
  std::optional<std::vector<JoinedProject>> projects{};
};
// Who belongs to it already keeps the role that they have. Where no
// projects are named: a member of the default one.
[[nodiscard]] Result<void> join_organization(soci::session& session, const Joining& joining,
                                             WallTime now);

// With its default project; the user is its owner.
[[nodiscard]] Result<OrganizationId> insert_organization(soci::session& session,
                                                         const std::string& name,
                                                         const UserId& owner_id, WallTime now);

}  // namespace tg::identity
