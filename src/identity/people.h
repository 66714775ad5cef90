// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "identity/audit.h"
#include "store/database.h"

// Users, and the first of them: the owner, who is the instance's operator and has an organization
// with a default project.
//
// Threading:  any control thread.
// Limits:     e-mail ≤ 254 bytes, names ≤ 256 bytes of UTF-8 without control characters.
// Errors:     kFieldInvalid, kConflict (an owner exists already; the e-mail is taken), kNotFound.
namespace tg::identity {

struct User {
  UserId id;
  std::string email;  // as entered
  std::string name;
  bool is_operator = false;
  OrganizationId organization_id;
  std::string organization_name;
  std::string organization_role;  // "owner" or "reader"
  ProjectId default_project_id;
  WallTime created_at;
};

// The form by which e-mail addresses are compared, or nothing if this is none that we take: ASCII,
// local@domain, no blanks, quotes, commas or control characters. Lower case; a dot at the end
// of the domain is dropped. Other scripts are refused, not guessed at: without Unicode folding two
// addresses that look alike would be two accounts.
[[nodiscard]] std::optional<std::string> fold_email(std::string_view email);

struct NewOwner {
  std::string email;
  std::string name{};               // empty: the e-mail's local part
  std::string organization_name{};  // empty: "<name>'s organization"
  std::string password_hash{};      // from PasswordHasher
};

// The first owner: user, organization, membership and default project in one transaction.
// kConflict when an owner exists.
[[nodiscard]] Result<User> create_owner(store::Database& database, const NewOwner& owner,
                                        const Actor& actor, WallTime now = wall_now());
// The same, paid for with the one-time setup link (see setup_token.h): kForbidden if that is
// unknown, used or too old. Of two at once, one wins.
[[nodiscard]] Result<User> create_owner_with_setup_token(store::Database& database,
                                                         std::string_view setup_token,
                                                         const NewOwner& owner, const Actor& actor,
                                                         WallTime now = wall_now());

[[nodiscard]] Result<bool> has_owner(store::Database& database);
// The first owner; what the command line acts for. kNotFound before the setup.
[[nodiscard]] Result<User> find_owner(store::Database& database);
[[nodiscard]] Result<User> find_user(store::Database& database, const UserId& id);
[[nodiscard]] Result<User> find_user_by_email(store::Database& database, std::string_view email);
// For the sign-in. Empty for an e-mail that nobody has.
[[nodiscard]] Result<std::string> find_password_hash(store::Database& database,
                                                     std::string_view email);

// Whether people can be shown this as a name: UTF-8, 1 to 256 bytes, no control characters.
[[nodiscard]] bool is_display_name(std::string_view text) noexcept;
// The same for a person, whose name ends up in mails: without , ; < > and quotes too.
[[nodiscard]] bool is_person_name(std::string_view text) noexcept;
// "Ada's organization".
[[nodiscard]] std::string organization_name_of(const std::string& person_name);

}  // namespace tg::identity
