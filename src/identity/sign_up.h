// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "identity/audit.h"
#include "identity/joining.h"
#include "identity/people.h"
#include "store/database.h"

// Who may get an account, as the operator sets it; and the last step of getting one, which a
// one-time link to the address paid for (entry_tokens.h). The password is chosen there, so nobody
// can prepare an account for an address that they do not read.
//
// Threading:  any control thread.
// Limits:     100 domains.
// Errors:     kFieldInvalid; kForbidden (the link; sign-up is not open to this address any more);
//             kConflict (the address has got an account meanwhile).
namespace tg::identity {

enum class SignUpMode : std::uint8_t {
  kClosed,      // nobody new, but for whom an operator invites
  kInvitation,  // whom any organization invites
  kDomain,      // also who has an address of one of the domains, into one organization
  kOpen,        // everybody, each into an organization of their own
};
[[nodiscard]] std::string_view name(SignUpMode mode) noexcept;
[[nodiscard]] std::optional<SignUpMode> parse_sign_up_mode(std::string_view text) noexcept;

struct SignUpPolicy {
  SignUpMode mode = SignUpMode::kClosed;
  OrganizationId organization_id{};    // where the mode is kDomain
  std::vector<std::string> domains{};  // lower case
};
[[nodiscard]] Result<SignUpPolicy> read_sign_up_policy(store::Database& database);
[[nodiscard]] Result<void> set_sign_up_policy(store::Database& database, const SignUpPolicy& policy,
                                              const Actor& actor, WallTime now = wall_now());
[[nodiscard]] bool is_open_to(const SignUpPolicy& policy, std::string_view email);

[[nodiscard]] Result<User> finish_sign_up(store::Database& database, std::string_view token,
                                          const NewPerson& person, const std::string& address,
                                          WallTime now = wall_now());

}  // namespace tg::identity
