// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/secret_bytes.h"
#include "identity/audit.h"
#include "identity/joining.h"
#include "identity/people.h"
#include "store/database.h"

// Invitations into an organization: bound to an address, a role and the inviter's own right at the
// moment in which they are accepted. Whoever has the link is believed to be whom it was given to.
//
// Threading:  any control thread; of two that accept one at once, one wins.
// Limits:     7 days, one use; a newer one to the same address voids the older; 1,000 that wait in
//             an organization.
// Errors:     kFieldInvalid, kConflict (belongs to it already), kNotFound, kOverloaded; and
//             kForbidden for a link that was used, replaced, deleted, is too old, or whose inviter
//             may not invite any more: all alike.
namespace tg::identity {

using InviteId = Id<struct InviteKind>;
inline constexpr std::chrono::hours kInviteAgeMax{7 * 24};

struct Invite {
  InviteId id;
  OrganizationId organization_id;
  std::string email;
  std::string role;  // "owner" or "reader"
  std::vector<JoinedProject> projects;
  UserId inviter_id;
  std::string inviter_key_id;  // empty: no key made it
  WallTime created_at;
  WallTime expires_at;
  std::optional<WallTime> accepted_at;
};

struct NewInvite {
  OrganizationId organization_id;
  std::string email;
  std::string role;
  std::vector<JoinedProject> projects{};
  UserId inviter_id;
  std::string inviter_key_id{};
};
struct CreatedInvite {
  Invite invite;
  SecretBytes token;
};
[[nodiscard]] Result<CreatedInvite> create_invite(store::Database& database,
                                                  const NewInvite& wanted, const Actor& actor,
                                                  WallTime now = wall_now());
[[nodiscard]] Result<Invite> find_invite(store::Database& database, const InviteId& id);
[[nodiscard]] Result<void> delete_invite(store::Database& database, const Invite& invite,
                                         const Actor& actor, WallTime now = wall_now());

// What someone with the link is shown.
struct Invitation {
  Invite invite;
  std::string organization_name;
  bool inviter_is_operator = false;
  std::optional<UserId> account;  // of the address, where there is one
};
[[nodiscard]] Result<Invitation> find_invitation(store::Database& database, std::string_view token,
                                                 WallTime now = wall_now());

// `person` makes the account and must be given where the address has none, and only there:
// kConflict where that has changed since find_invitation().
[[nodiscard]] Result<User> accept_invite(store::Database& database, std::string_view token,
                                         const std::optional<NewPerson>& person,
                                         const std::string& address, WallTime now = wall_now());

}  // namespace tg::identity
