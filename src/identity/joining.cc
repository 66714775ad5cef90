// SPDX-License-Identifier: Apache-2.0
#include "identity/joining.h"

#include <soci/soci.h>

#include "identity/people.h"

namespace tg::identity {

Result<UserId> insert_person(soci::session& session, const std::string& email,
                             const NewPerson& person, WallTime now) {
  const auto folded = fold_email(email);
  if (!folded) return fail(Code::kFieldInvalid, "this is not an e-mail address");
  const auto name = person.name.empty() ? email.substr(0, email.find('@')) : person.name;
  if (!is_person_name(name)) {
    return fail(Code::kFieldInvalid,
                "the name must be 1 to 256 bytes of plain text without , ; < > or quotes");
  }
  if (person.password_hash.empty()) return fail(Code::kInternal, "a person needs a password hash");
  int taken = 0;
  session << "SELECT count(*) FROM users WHERE email_folded = :email", soci::use(*folded),
      soci::into(taken);
  if (taken > 0) return fail(Code::kConflict, "this address has an account; sign in with it");
  auto id = make_user_id();
  const long long now_ms = to_unix_ms(now);
  session << "INSERT INTO users (id, email, email_folded, name, is_operator, password_hash,"
             " created_unix_ms) VALUES (:id, :email, :folded, :name, 0, :hash, :now)",
      soci::use(id.text()), soci::use(email), soci::use(*folded), soci::use(name),
      soci::use(person.password_hash), soci::use(now_ms);
  return id;
}

namespace {

// The projects that were named; else the default one, where everybody may make keys of their own.
std::vector<JoinedProject> projects_of(soci::session& session, const Joining& joining) {
  if (joining.projects) return *joining.projects;
  std::string id;
  session << "SELECT id FROM projects WHERE organization_id = :organization AND is_default = 1",
      soci::use(joining.organization_id.text()), soci::into(id);
  if (id.empty()) return {};
  return {{.id = ProjectId{id}, .role = joining.role == "owner" ? "owner" : "member"}};
}

}  // namespace

Result<void> join_organization(soci::session& session, const Joining& joining, WallTime now) {
  const long long now_ms = to_unix_ms(now);
  session << "INSERT INTO memberships (organization_id, user_id, role, created_unix_ms)"
             " VALUES (:organization, :user, :role, :now)"
             " ON CONFLICT (organization_id, user_id) DO NOTHING",
      soci::use(joining.organization_id.text()), soci::use(joining.user_id.text()),
      soci::use(joining.role), soci::use(now_ms);
  for (const auto& project : projects_of(session, joining)) {
    session
        << "INSERT INTO project_members (project_id, user_id, role, created_unix_ms)"
           " VALUES (:project, :user, :role, :now) ON CONFLICT (project_id, user_id) DO NOTHING",
        soci::use(project.id.text()), soci::use(joining.user_id.text()), soci::use(project.role),
        soci::use(now_ms);
  }
  return {};
}

Result<OrganizationId> insert_organization(soci::session& session, const std::string& name,
                                           const UserId& owner_id, WallTime now) {
  if (!is_display_name(name)) {
    return fail(Code::kFieldInvalid,
                "the organization's name must be 1 to 256 bytes of plain text");
  }
  auto id = make_organization_id();
  const auto project_id = make_project_id();
  const long long now_ms = to_unix_ms(now);
  session << "INSERT INTO organizations (id, name, created_unix_ms) VALUES (:id, :name, :now)",
      soci::use(id.text()), soci::use(name), soci::use(now_ms);
  session << "INSERT INTO projects (id, organization_id, name, is_default, created_unix_ms)"
             " VALUES (:id, :organization, 'Default project', 1, :now)",
      soci::use(project_id.text()), soci::use(id.text()), soci::use(now_ms);
  TG_TRY_DONE(join_organization(
      session, {.organization_id = id, .user_id = owner_id, .role = "owner"}, now));
  return id;
}

}  // namespace tg::identity
