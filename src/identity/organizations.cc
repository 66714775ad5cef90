// SPDX-License-Identifier: Apache-2.0
#include "identity/organizations.h"

#include <nlohmann/json.hpp>

#include "identity/joining.h"
#include "identity/page_rows.h"
#include "identity/people.h"

namespace tg::identity {
namespace {

constexpr int kOrganizationsMax = 20;

struct OrganizationRow {
  std::string id, name, role;
  long long members = 0;
  long long created_unix_ms = 0;
  long long deleted_unix_ms = 0;

  void bind(soci::statement& select) {
    for (auto* text : {&id, &name, &role}) select.exchange(soci::into(*text));
    for (auto* number : {&members, &created_unix_ms, &deleted_unix_ms}) {
      select.exchange(soci::into(*number));
    }
  }
  [[nodiscard]] Organization item() const {
    return {.id = OrganizationId{id},
            .name = name,
            .role = role,
            .members = static_cast<int>(members),
            .created_at = from_unix_ms(created_unix_ms),
            .deleted_at =
                deleted_unix_ms > 0 ? std::optional{from_unix_ms(deleted_unix_ms)} : std::nullopt};
  }
};

constexpr const char* kSelectOf =
    "SELECT o.id, o.name, m.role,"
    " (SELECT count(*) FROM memberships a WHERE a.organization_id = o.id), o.created_unix_ms,"
    " o.deleted_unix_ms FROM memberships m JOIN organizations o ON o.id = m.organization_id"
    " WHERE m.user_id = :user AND o.deleted_unix_ms = 0";
constexpr PageColumns kColumnsOf{
    .time = "m.created_unix_ms",
    .id = "m.organization_id",
    .cursor =
        "SELECT created_unix_ms FROM memberships WHERE organization_id = :id AND user_id = :user",
};

// The id of none is the parameter.
constexpr const char* kSelectAll =
    "SELECT o.id, o.name, '',"
    " (SELECT count(*) FROM memberships a WHERE a.organization_id = o.id), o.created_unix_ms,"
    " o.deleted_unix_ms FROM organizations o WHERE o.id <> :none";
constexpr PageColumns kColumnsAll{
    .time = "o.created_unix_ms",
    .id = "o.id",
    .cursor = "SELECT created_unix_ms FROM organizations WHERE id = :id AND id <> :none",
};

Result<void> check_count(soci::session& session, const UserId& user_id) {
  int count = 0;
  session << "SELECT count(*) FROM memberships m JOIN users u ON u.id = m.user_id"
             " WHERE m.user_id = :user AND m.role = 'owner' AND u.is_operator = 0",
      soci::use(user_id.text()), soci::into(count);
  if (count < kOrganizationsMax) return {};
  return fail(Code::kConflict, "nobody owns more than 20 organizations; delete one first");
}

std::vector<KeyId> revoke_keys(soci::session& session, const OrganizationId& organization_id,
                               long long now_ms) {
  std::vector<KeyId> revoked;
  for (auto& id :
       select_rows<TextRow>(session,
                            "SELECT id FROM api_keys WHERE organization_id = :organization"
                            " AND revoked_unix_ms IS NULL ORDER BY id",
                            {organization_id.text()})) {
    revoked.emplace_back(std::move(id));
  }
  session << "UPDATE api_keys SET revoked_unix_ms = :now, revoke_reason = 'organization deleted'"
             " WHERE organization_id = :organization AND revoked_unix_ms IS NULL",
      soci::use(now_ms), soci::use(organization_id.text());
  return revoked;
}

// What is left refers to nobody: the audit log and the ledger have the id alone.
void erase_person(soci::session& session, const std::string& id, long long now_ms) {
  std::string folded;
  session << "SELECT email_folded FROM users WHERE id = :id", soci::use(id), soci::into(folded);
  for (const auto* table : {"sessions", "known_devices"}) {
    session << "DELETE FROM " << table << " WHERE user_id = :id", soci::use(id);
  }
  for (const auto* table : {"entry_tokens", "invites"}) {
    session << "DELETE FROM " << table << " WHERE email_folded = :email", soci::use(folded);
  }
  // No address folds to this, so nobody can sign in as, or take the place of, someone erased.
  const auto tombstone = "erased " + id;
  session << "UPDATE users SET email = '', email_folded = :tombstone, name = 'Erased user',"
             " password_hash = '', erased_unix_ms = :now WHERE id = :id",
      soci::use(tombstone), soci::use(now_ms), soci::use(id);
}

bool belongs_nowhere(soci::session& session, const std::string& user_id) {
  int count = 0;
  session << "SELECT count(*) FROM memberships WHERE user_id = :user", soci::use(user_id),
      soci::into(count);
  return count == 0;
}

bool is_operator(soci::session& session, const std::string& user_id) {
  int flag = 0;
  session << "SELECT is_operator FROM users WHERE id = :user", soci::use(user_id), soci::into(flag);
  return flag != 0;
}

Result<void> remove_members(soci::session& session, const OrganizationId& organization_id,
                            long long now_ms) {
  const auto members = select_rows<TextRow>(
      session, "SELECT user_id FROM memberships WHERE organization_id = :organization",
      {organization_id.text()});
  for (const auto* sql : {"DELETE FROM memberships WHERE organization_id = :organization",
                          "DELETE FROM role_assignments WHERE organization_id = :organization",
                          "DELETE FROM project_members WHERE project_id IN"
                          " (SELECT id FROM projects WHERE organization_id = :organization)",
                          "DELETE FROM group_members WHERE group_id IN"
                          " (SELECT id FROM user_groups WHERE organization_id = :organization)"}) {
    session << sql, soci::use(organization_id.text());
  }
  for (const auto& user_id : members) {
    if (!belongs_nowhere(session, user_id)) continue;
    if (is_operator(session, user_id)) {
      return fail(
          Code::kConflict,
          "an operator of this Tollgate belongs to no other organization; create one first");
    }
    erase_person(session, user_id, now_ms);
  }
  return {};
}

Result<void> mark_deleted(soci::session& session, const OrganizationId& id, long long now_ms) {
  soci::statement mark =
      (session.prepare << "UPDATE organizations SET deleted_unix_ms = :now,"
                          " name = 'Deleted organization' WHERE id = :id AND deleted_unix_ms = 0",
       soci::use(now_ms), soci::use(id.text()));
  mark.execute(true);
  if (mark.get_affected_rows() > 0) return {};
  return fail(Code::kNotFound, "there is no such organization");
}

}  // namespace

Result<std::vector<Organization>> list_organizations_of(store::Database& database,
                                                        const UserId& user_id) {
  std::vector<Organization> organizations;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    organizations = select_rows<OrganizationRow>(
        session, std::string{kSelectOf} + " ORDER BY m.created_unix_ms, m.organization_id",
        {user_id.text()});
    return {};
  }));
  return organizations;
}

Result<PageOf<Organization>> page_of_organizations_of(store::Database& database,
                                                      const UserId& user_id,
                                                      const PageQuery& page) {
  return read_page_of<OrganizationRow>(database, kSelectOf, {user_id.text()}, kColumnsOf, page);
}

Result<PageOf<Organization>> page_of_organizations(store::Database& database,
                                                   const PageQuery& page) {
  return read_page_of<OrganizationRow>(database, kSelectAll, {""}, kColumnsAll, page);
}

Result<bool> is_organization(store::Database& database, const OrganizationId& id) {
  bool is = false;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    is = count_rows(session,
                    "SELECT count(*) FROM organizations WHERE id = :id AND deleted_unix_ms = 0",
                    {id.text()}) > 0;
    return {};
  }));
  return is;
}

Result<OrganizationId> create_organization(store::Database& database, const std::string& name,
                                           const UserId& owner_id, const Actor& actor,
                                           WallTime now) {
  OrganizationId id;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    TG_TRY_DONE(check_count(session, owner_id));
    TG_TRY(id, insert_organization(session, name, owner_id, now));
    return append_audit(session, actor,
                        {.action = "tollgate.organization.created",
                         .target = id.text(),
                         .organization_id = id.text(),
                         .detail = nlohmann::json{{"data", {{"name", name}}}}.dump()},
                        now);
  }));
  return id;
}

Result<void> rename_organization(store::Database& database, const OrganizationId& id,
                                 const std::string& name, const Actor& actor, WallTime now) {
  if (!is_display_name(name)) {
    return fail(Code::kFieldInvalid,
                "the organization's name must be 1 to 256 bytes of plain text");
  }
  return database.write([&](soci::session& session) -> Result<void> {
    std::string before;
    session << "SELECT name FROM organizations WHERE id = :id", soci::use(id.text()),
        soci::into(before);
    if (before == name) return {};
    session << "UPDATE organizations SET name = :name WHERE id = :id", soci::use(name),
        soci::use(id.text());
    return append_audit(session, actor,
                        {.action = "organization.updated",
                         .target = id.text(),
                         .organization_id = id.text(),
                         .detail = nlohmann::json{{"changes_requested", {{"name", name}}},
                                                  {"before", {{"name", before}}}}
                                       .dump()},
                        now);
  });
}

Result<std::vector<KeyId>> delete_without_audit(soci::session& session, const OrganizationId& id,
                                                WallTime now) {
  const long long now_ms = to_unix_ms(now);
  TG_TRY_DONE(mark_deleted(session, id, now_ms));
  auto revoked = revoke_keys(session, id, now_ms);
  session << "DELETE FROM invites WHERE organization_id = :organization", soci::use(id.text());
  // They hold addresses.
  session << "DELETE FROM alerts WHERE organization_id = :organization", soci::use(id.text());
  // Else clients would be asked for certificates of which none is good any more.
  for (const auto* sql : {"DELETE FROM active_certificates WHERE certificate_id IN"
                          " (SELECT id FROM certificates WHERE organization_id = :organization)",
                          "DELETE FROM certificates WHERE organization_id = :organization"}) {
    session << sql, soci::use(id.text());
  }
  TG_TRY_DONE(remove_members(session, id, now_ms));
  return revoked;
}

Result<std::vector<KeyId>> delete_organization(store::Database& database, const OrganizationId& id,
                                               const Actor& actor, WallTime now) {
  std::vector<KeyId> revoked;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    TG_TRY(revoked, delete_without_audit(session, id, now));
    return append_audit(session, actor,
                        {.action = "tollgate.organization.deleted",
                         .target = id.text(),
                         .organization_id = id.text(),
                         .detail = nlohmann::json{{"revoked_keys", revoked.size()}}.dump()},
                        now);
  }));
  return revoked;
}

}  // namespace tg::identity
