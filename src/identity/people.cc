// SPDX-License-Identifier: Apache-2.0
#include "identity/people.h"

#include <soci/soci.h>

#include "identity/setup_token.h"
#include "identity/text_rules.h"
#include "identity/user_row.h"

namespace tg::identity {
namespace {

constexpr std::size_t kNameBytesMax = 256;

struct Owner {
  UserId user_id = make_user_id();
  OrganizationId organization_id = make_organization_id();
  ProjectId project_id = make_project_id();
  std::string email;
  std::string email_folded;
  std::string name;
  std::string organization_name;
  std::string password_hash;
};

Result<Owner> check_owner(const NewOwner& given) {
  const auto folded = fold_email(given.email);
  if (!folded) return fail(Code::kFieldInvalid, "this is not an e-mail address we can use");
  Owner owner;
  owner.email = given.email;
  owner.email_folded = *folded;
  owner.name = given.name;
  if (owner.name.empty()) owner.name = given.email.substr(0, given.email.find('@'));
  if (!is_person_name(owner.name)) {
    return fail(Code::kFieldInvalid,
                "the name must be 1 to 256 bytes of plain text without , ; < > or quotes");
  }
  owner.organization_name = given.organization_name;
  if (owner.organization_name.empty()) owner.organization_name = organization_name_of(owner.name);
  if (!is_display_name(owner.organization_name)) {
    return fail(Code::kFieldInvalid,
                "the organization's name must be 1 to 256 bytes of plain text");
  }
  if (given.password_hash.empty()) return fail(Code::kInternal, "an owner needs a password hash");
  owner.password_hash = given.password_hash;
  return owner;
}

void insert_owner(soci::session& session, const Owner& owner, long long now_ms) {
  session << "INSERT INTO users (id, email, email_folded, name, is_operator, password_hash,"
             " created_unix_ms) VALUES (:id, :email, :folded, :name, 1, :hash, :now)",
      soci::use(owner.user_id.text()), soci::use(owner.email), soci::use(owner.email_folded),
      soci::use(owner.name), soci::use(owner.password_hash), soci::use(now_ms);
  session << "INSERT INTO organizations (id, name, created_unix_ms) VALUES (:id, :name, :now)",
      soci::use(owner.organization_id.text()), soci::use(owner.organization_name),
      soci::use(now_ms);
  session << "INSERT INTO memberships (organization_id, user_id, role, created_unix_ms)"
             " VALUES (:organization, :user, 'owner', :now)",
      soci::use(owner.organization_id.text()), soci::use(owner.user_id.text()), soci::use(now_ms);
  session << "INSERT INTO projects (id, organization_id, name, is_default, created_unix_ms)"
             " VALUES (:id, :organization, 'Default project', 1, :now)",
      soci::use(owner.project_id.text()), soci::use(owner.organization_id.text()),
      soci::use(now_ms);
  session << "INSERT INTO project_members (project_id, user_id, role, created_unix_ms)"
             " VALUES (:project, :user, 'owner', :now)",
      soci::use(owner.project_id.text()), soci::use(owner.user_id.text()), soci::use(now_ms);
}

Result<User> set_up(soci::session& session, const Owner& owner, const Actor& actor, WallTime now) {
  if (count_operators(session) > 0) {
    return fail(Code::kConflict, "this Tollgate has an owner already");
  }
  insert_owner(session, owner, to_unix_ms(now));
  // A link that was handed out before must not outlive its purpose.
  session << "DELETE FROM setup_tokens";
  TG_TRY_DONE(append_audit(session, actor,
                           {.action = "user.added",
                            .target = owner.user_id.text(),
                            .organization_id = owner.organization_id.text(),
                            .detail = R"({"data":{"role":"owner"}})"},
                           now));
  return read_user(session, owner.user_id.text());
}

// The id of the only user whom `sql` selects, then the user; kNotFound.
Result<User> find_by(store::Database& database, const char* sql, const std::string& value) {
  User user;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    std::string id;
    session << sql, soci::use(value), soci::into(id);
    TG_TRY(user, read_user(session, id));
    return {};
  }));
  return user;
}

}  // namespace

bool is_display_name(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kNameBytesMax && count_plain_characters(text).has_value();
}

// Commas, quotes and angle brackets have a meaning in an e-mail's headers, where names end up.
bool is_person_name(std::string_view text) noexcept {
  return is_display_name(text) && text.find_first_of(",;<>\"") == std::string_view::npos;
}

std::string organization_name_of(const std::string& person_name) {
  // A name of the full length leaves no room for more.
  const auto suffixed = person_name + "'s organization";
  return is_display_name(suffixed) ? suffixed : person_name;
}

Result<User> read_user(soci::session& session, const std::string& id,
                       const std::string& preferred_organization) {
  User user;
  std::string organization_id;
  std::string project_id;
  int is_operator = 0;
  long long created_unix_ms = 0;
  session << "SELECT u.email, u.name, u.is_operator, u.created_unix_ms, o.id, o.name, m.role, p.id"
             " FROM users u JOIN memberships m ON m.user_id = u.id"
             " JOIN organizations o ON o.id = m.organization_id AND o.deleted_unix_ms = 0"
             " JOIN projects p ON p.organization_id = o.id AND p.is_default = 1"
             " WHERE u.id = :id"
             " ORDER BY CASE WHEN o.id = :preferred THEN 0 ELSE 1 END, m.created_unix_ms, o.id"
             " LIMIT 1",
      soci::use(id), soci::use(preferred_organization), soci::into(user.email),
      soci::into(user.name), soci::into(is_operator), soci::into(created_unix_ms),
      soci::into(organization_id), soci::into(user.organization_name),
      soci::into(user.organization_role), soci::into(project_id);
  if (!session.got_data()) return fail(Code::kNotFound, "there is no such user");
  user.id = UserId{id};
  user.is_operator = is_operator != 0;
  user.organization_id = OrganizationId{organization_id};
  user.default_project_id = ProjectId{project_id};
  user.created_at = from_unix_ms(created_unix_ms);
  return user;
}

long long count_operators(soci::session& session) {
  long long count = 0;
  session << "SELECT count(*) FROM users WHERE is_operator = 1", soci::into(count);
  return count;
}

Result<User> create_owner(store::Database& database, const NewOwner& given, const Actor& actor,
                          WallTime now) {
  TG_TRY(const auto owner, check_owner(given));
  User user;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    TG_TRY(user, set_up(session, owner, actor, now));
    return {};
  }));
  return user;
}

Result<User> create_owner_with_setup_token(store::Database& database, std::string_view setup_token,
                                           const NewOwner& given, const Actor& actor,
                                           WallTime now) {
  TG_TRY(const auto owner, check_owner(given));
  User user;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    TG_TRY_DONE(take_setup_token(session, setup_token, now));
    TG_TRY(user, set_up(session, owner, actor, now));
    return {};
  }));
  return user;
}

Result<bool> has_owner(store::Database& database) {
  bool found = false;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    found = count_operators(session) > 0;
    return {};
  }));
  return found;
}

Result<User> find_owner(store::Database& database) {
  User owner;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    std::string id;
    session << "SELECT id FROM users WHERE is_operator = 1 ORDER BY created_unix_ms, id LIMIT 1",
        soci::into(id);
    TG_TRY(owner, read_user(session, id));
    return {};
  }));
  return owner;
}

Result<User> find_user(store::Database& database, const UserId& id) {
  return find_by(database, "SELECT id FROM users WHERE id = :id", id.text());
}

Result<User> find_user_by_email(store::Database& database, std::string_view email) {
  const auto folded = fold_email(email);
  if (!folded) return fail(Code::kNotFound, "there is no such user");
  return find_by(database, "SELECT id FROM users WHERE email_folded = :email", *folded);
}

Result<std::string> find_password_hash(store::Database& database, std::string_view email) {
  std::string hash;
  const auto folded = fold_email(email).value_or("");
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    session << "SELECT password_hash FROM users WHERE email_folded = :email", soci::use(folded),
        soci::into(hash);
    return {};
  }));
  return hash;
}

}  // namespace tg::identity
