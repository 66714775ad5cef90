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

// People in an organization. A person may belong to several; what is theirs in one of them is not
// seen from another. How one leaves is departure.h.
//
// Threading:  any control thread.
// Limits:     e-mail and name as people.h says.
// Errors:     kNotFound: they do not belong to it; kConflict: they belong to it already, or the
//             last owner would no longer be one; kFieldInvalid.
namespace tg::identity {

inline constexpr std::string_view kOwnerRole = "owner";    // of an organization or a project
inline constexpr std::string_view kReaderRole = "reader";  // of an organization
inline constexpr std::string_view kMemberRole = "member";  // of a project

struct Member {
  UserId id;
  OrganizationId organization_id;
  std::string email;
  std::string name;
  std::string role;  // "owner" or "reader"
  WallTime added_at;
};

struct ProjectRole {
  ProjectId project_id;
  std::string role;  // "owner" or "member"
};

struct NewMember {
  std::string email;
  std::string name{};  // empty: the e-mail's local part
  std::string role{kReaderRole};
  std::string password_hash{};  // empty: whoever has the e-mail already; they keep their password
  // Absent: a member of the default project, as an invitation at OpenAI without projects.
  std::optional<std::vector<ProjectRole>> projects{};
};

[[nodiscard]] Result<Member> find_member(store::Database& database,
                                         const OrganizationId& organization_id,
                                         const UserId& user_id);
[[nodiscard]] Result<Member> find_member_by_email(store::Database& database,
                                                  const OrganizationId& organization_id,
                                                  std::string_view email);

// Somebody new, or somebody who has an account here already.
[[nodiscard]] Result<Member> add_member(store::Database& database,
                                        const OrganizationId& organization_id,
                                        const NewMember& member, const Actor& actor,
                                        WallTime now = wall_now());
// The same inside a Database::write(), for those who have more to write with it.
[[nodiscard]] Result<Member> add_member(soci::session& session,
                                        const OrganizationId& organization_id,
                                        const NewMember& member, const Actor& actor, WallTime now);

[[nodiscard]] Result<Member> set_member_role(store::Database& database,
                                             const OrganizationId& organization_id,
                                             const UserId& user_id, const std::string& role,
                                             const Actor& actor, WallTime now = wall_now());

// Inside a transaction; these may throw what SOCI throws.
[[nodiscard]] Result<Member> read_member(soci::session& session,
                                         const OrganizationId& organization_id,
                                         const UserId& user_id);
// Those of them who belong to it.
[[nodiscard]] std::vector<Member> read_members(soci::session& session,
                                               const OrganizationId& organization_id,
                                               const std::vector<std::string>& user_ids);
[[nodiscard]] bool is_last_owner(soci::session& session, const Member& member);

}  // namespace tg::identity
