// SPDX-License-Identifier: Apache-2.0
#include "identity/members.h"

#include <nlohmann/json.hpp>

#include "identity/member_row.h"
#include "identity/page_rows.h"
#include "identity/people.h"
#include "identity/project_members.h"

namespace tg::identity {
namespace {

constexpr const char* kSelect =
    "SELECT u.id, m.organization_id, u.email, u.name, m.role, m.created_unix_ms"
    " FROM memberships m JOIN users u ON u.id = m.user_id"
    " WHERE m.organization_id = :organization";
// No column, so that whoever is named is looked up, however many, and not everybody by age.
constexpr const char* kSelectNamed =
    "SELECT u.id, m.organization_id, u.email, u.name, m.role, m.created_unix_ms"
    " FROM users u JOIN memberships m ON m.user_id = u.id"
    " WHERE m.organization_id || '' = :organization";
constexpr PageColumns kPageColumns{
    .time = "m.created_unix_ms",
    .id = "m.user_id",
    .cursor =
        "SELECT created_unix_ms FROM memberships WHERE user_id = :user"
        " AND organization_id = :organization",
};

std::vector<Member> select_members(soci::session& session, const OrganizationId& organization_id,
                                   const std::string& condition = "",
                                   std::vector<std::string> values = {}) {
  values.insert(values.begin(), organization_id.text());
  return select_rows<MemberRow>(
      session, kSelect + condition + " ORDER BY m.created_unix_ms, m.user_id", values);
}

Result<Member> first_of(std::vector<Member> members) {
  if (members.empty()) return fail(Code::kNotFound, "there is no such user in this organization");
  return std::move(members.front());
}

Result<void> check_role(const std::string& role) {
  if (role == kOwnerRole || role == kReaderRole) return {};
  return fail(Code::kFieldInvalid, "a role in an organization is owner or reader");
}

struct Account {
  std::string email_folded;
  std::string name;
};

Result<Account> check_account(const NewMember& member) {
  const auto folded = fold_email(member.email);
  if (!folded) return fail(Code::kFieldInvalid, "this is not an e-mail address we can use");
  Account account{.email_folded = *folded, .name = member.name};
  if (account.name.empty()) account.name = member.email.substr(0, member.email.find('@'));
  if (!is_person_name(account.name)) {
    return fail(Code::kFieldInvalid,
                "the name must be 1 to 256 bytes of plain text without , ; < > or quotes");
  }
  return account;
}

// Whoever has the e-mail, else a new user.
Result<UserId> user_for(soci::session& session, const NewMember& member, const Account& account,
                        long long now_ms) {
  const auto known = select_rows<TextRow>(
      session, "SELECT id FROM users WHERE email_folded = :email", {account.email_folded});
  if (!known.empty()) return UserId{known.front()};
  if (member.password_hash.empty()) {
    return fail(Code::kFieldInvalid, "nobody has this e-mail address yet: a password is needed");
  }
  auto id = make_user_id();
  session << "INSERT INTO users (id, email, email_folded, name, is_operator, password_hash,"
             " created_unix_ms) VALUES (:id, :email, :folded, :name, 0, :hash, :now)",
      soci::use(id.text()), soci::use(member.email), soci::use(account.email_folded),
      soci::use(account.name), soci::use(member.password_hash), soci::use(now_ms);
  return id;
}

Result<std::vector<ProjectRole>> projects_for(soci::session& session,
                                              const OrganizationId& organization_id,
                                              const NewMember& member) {
  if (member.projects) return *member.projects;
  std::vector<ProjectRole> projects;
  for (const auto& id : select_rows<TextRow>(
           session,
           "SELECT id FROM projects WHERE organization_id = :organization AND is_default = 1",
           {organization_id.text()})) {
    projects.push_back({.project_id = ProjectId{id},
                        .role = std::string{member.role == kOwnerRole ? kOwnerRole : kMemberRole}});
  }
  return projects;
}

}  // namespace

Result<PageOf<Member>> page_of_members(
    store::Database& database, const OrganizationId& organization_id, const PageQuery& page,
    const std::optional<std::vector<std::string>>& emails_folded) {
  if (emails_folded && emails_folded->empty()) return PageOf<Member>{};
  std::vector<std::string> values{organization_id.text()};
  std::string query = emails_folded ? kSelectNamed : kSelect;
  if (emails_folded) {
    query += " AND u.email_folded IN " + parameters("email", emails_folded->size());
    values.insert(values.end(), emails_folded->begin(), emails_folded->end());
  }
  return read_page_of<MemberRow>(database, query, std::move(values), kPageColumns, page);
}

Result<Member> read_member(soci::session& session, const OrganizationId& organization_id,
                           const UserId& user_id) {
  return first_of(select_members(session, organization_id, " AND u.id = :user", {user_id.text()}));
}

std::vector<Member> read_members(soci::session& session, const OrganizationId& organization_id,
                                 const std::vector<std::string>& user_ids) {
  if (user_ids.empty()) return {};
  std::vector<std::string> values{organization_id.text()};
  values.insert(values.end(), user_ids.begin(), user_ids.end());
  return select_rows<MemberRow>(
      session, std::string{kSelectNamed} + " AND u.id IN " + parameters("user", user_ids.size()),
      values);
}

bool is_last_owner(soci::session& session, const Member& member) {
  return member.role == kOwnerRole &&
         count_rows(session,
                    "SELECT count(*) FROM memberships WHERE organization_id = :organization"
                    " AND role = 'owner'",
                    {member.organization_id.text()}) == 1;
}

Result<Member> find_member(store::Database& database, const OrganizationId& organization_id,
                           const UserId& user_id) {
  Member member;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(member, read_member(session, organization_id, user_id));
    return {};
  }));
  return member;
}

Result<Member> find_member_by_email(store::Database& database,
                                    const OrganizationId& organization_id, std::string_view email) {
  const auto folded = fold_email(email);
  if (!folded) return fail(Code::kNotFound, "there is no such user in this organization");
  Member member;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(member, first_of(select_members(session, organization_id, " AND u.email_folded = :email",
                                           {*folded})));
    return {};
  }));
  return member;
}

Result<Member> add_member(soci::session& session, const OrganizationId& organization_id,
                          const NewMember& given, const Actor& actor, WallTime now) {
  TG_TRY_DONE(check_role(given.role));
  TG_TRY(const auto account, check_account(given));
  const long long now_ms = to_unix_ms(now);
  TG_TRY(const auto user_id, user_for(session, given, account, now_ms));
  if (read_member(session, organization_id, user_id)) {
    return fail(Code::kConflict, "this person belongs to the organization already");
  }
  session << "INSERT INTO memberships (organization_id, user_id, role, created_unix_ms)"
             " VALUES (:organization, :user, :role, :now)",
      soci::use(organization_id.text()), soci::use(user_id.text()), soci::use(given.role),
      soci::use(now_ms);
  TG_TRY_DONE(append_audit(session, actor,
                           {.action = "user.added",
                            .target = user_id.text(),
                            .organization_id = organization_id.text(),
                            .detail = nlohmann::json{{"data", {{"role", given.role}}}}.dump()},
                           now));
  TG_TRY(const auto projects, projects_for(session, organization_id, given));
  for (const auto& project : projects) {
    TG_TRY_DONE(add_project_member(session, organization_id, project, user_id, actor, now));
  }
  return read_member(session, organization_id, user_id);
}

Result<Member> add_member(store::Database& database, const OrganizationId& organization_id,
                          const NewMember& member, const Actor& actor, WallTime now) {
  Member added;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    TG_TRY(added, add_member(session, organization_id, member, actor, now));
    return {};
  }));
  return added;
}

Result<Member> set_member_role(store::Database& database, const OrganizationId& organization_id,
                               const UserId& user_id, const std::string& role, const Actor& actor,
                               WallTime now) {
  TG_TRY_DONE(check_role(role));
  Member member;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    TG_TRY(member, read_member(session, organization_id, user_id));
    if (member.role == role) return {};
    if (is_last_owner(session, member)) {
      return fail(Code::kConflict,
                  "this is the organization's last owner; make another member owner first");
    }
    const nlohmann::json detail{{"changes_requested", {{"role", role}}},
                                {"before", {{"role", member.role}}}};
    member.role = role;
    execute(session,
            "UPDATE memberships SET role = :role WHERE organization_id = :organization"
            " AND user_id = :user",
            {role, organization_id.text(), user_id.text()});
    return append_audit(session, actor,
                        {.action = "user.updated",
                         .target = user_id.text(),
                         .organization_id = organization_id.text(),
                         .detail = detail.dump()},
                        now);
  }));
  return member;
}

}  // namespace tg::identity
