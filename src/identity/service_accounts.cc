// SPDX-License-Identifier: Apache-2.0
#include "identity/service_accounts.h"

#include <nlohmann/json.hpp>

#include "identity/audit_detail.h"
#include "identity/page_rows.h"
#include "identity/people.h"
#include "identity/projects.h"

namespace tg::identity {
namespace {

struct AccountRow {
  std::string id, project_id, organization_id, name, owner_id;
  long long created_unix_ms = 0;

  void bind(soci::statement& select) {
    for (auto* text : {&id, &project_id, &organization_id, &name, &owner_id}) {
      select.exchange(soci::into(*text));
    }
    select.exchange(soci::into(created_unix_ms));
  }
  [[nodiscard]] ServiceAccount item() const {
    return {.id = ServiceAccountId{id},
            .project_id = ProjectId{project_id},
            .organization_id = OrganizationId{organization_id},
            .name = name,
            .owner_id = UserId{owner_id},
            .created_at = from_unix_ms(created_unix_ms)};
  }
};

constexpr const char* kSelect =
    "SELECT s.id, s.project_id, p.organization_id, s.name, s.owner_user_id, s.created_unix_ms"
    " FROM service_accounts s JOIN projects p ON p.id = s.project_id"
    " WHERE s.deleted_unix_ms IS NULL AND ";
// Whether or not the account that the page comes behind has been deleted since.
constexpr PageColumns kPageColumns{
    .time = "s.created_unix_ms",
    .id = "s.id",
    .cursor =
        "SELECT created_unix_ms FROM service_accounts WHERE id = :id AND project_id = :project",
};

Result<std::vector<ServiceAccount>> select_accounts(store::Database& database,
                                                    const std::string& condition,
                                                    const std::vector<std::string>& values) {
  std::vector<ServiceAccount> accounts;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    accounts = select_rows<AccountRow>(
        session, kSelect + condition + " ORDER BY s.created_unix_ms, s.id", values);
    return {};
  }));
  return accounts;
}

Result<void> check_name(const std::string& name) {
  if (is_display_name(name)) return {};
  return fail(Code::kFieldInvalid, "a service account's name must be 1 to 256 bytes of plain text");
}

AuditEntry entry_of(std::string action, const ServiceAccount& account,
                    const nlohmann::json& detail) {
  return {.action = std::move(action),
          .target = account.id.text(),
          .organization_id = account.organization_id.text(),
          .detail = detail.dump(),
          .project_id = account.project_id.text()};
}

std::vector<KeyId> alive_keys(soci::session& session, const ServiceAccountId& id) {
  std::vector<KeyId> keys;
  for (auto& key : select_rows<TextRow>(session,
                                        "SELECT id FROM api_keys WHERE service_account_id = :id"
                                        " AND revoked_unix_ms IS NULL ORDER BY id",
                                        {id.text()})) {
    keys.emplace_back(std::move(key));
  }
  return keys;
}

}  // namespace

Result<ServiceAccount> create_service_account(store::Database& database,
                                              const ProjectId& project_id, const std::string& name,
                                              const UserId& owner_id, const Actor& actor,
                                              WallTime now) {
  TG_TRY_DONE(check_name(name));
  TG_TRY(const auto project, find_project(database, project_id));
  if (project.archived_at) return fail(Code::kConflict, "an archived project cannot be changed");
  ServiceAccount account{.id = make_service_account_id(),
                         .project_id = project_id,
                         .organization_id = project.organization_id,
                         .name = name,
                         .owner_id = owner_id,
                         .created_at = now};
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    const long long now_ms = to_unix_ms(now);
    session << "INSERT INTO service_accounts (id, project_id, name, owner_user_id, created_unix_ms)"
               " VALUES (:id, :project, :name, :owner, :now)",
        soci::use(account.id.text()), soci::use(project_id.text()), soci::use(name),
        soci::use(owner_id.text()), soci::use(now_ms);
    const nlohmann::json data{{"name", name}, {"project_id", project_id.text()}};
    return append_audit(session, actor,
                        entry_of("service_account.created", account, {{"data", data}}), now);
  }));
  return account;
}

Result<ServiceAccount> find_service_account(store::Database& database, const ServiceAccountId& id) {
  TG_TRY(auto found, select_accounts(database, "s.id = :id", {id.text()}));
  if (found.empty()) return fail(Code::kNotFound, "there is no such service account");
  return std::move(found.front());
}

Result<PageOf<ServiceAccount>> page_of_service_accounts(store::Database& database,
                                                        const ProjectId& project_id,
                                                        const PageQuery& page) {
  return read_page_of<AccountRow>(database, std::string{kSelect} + "s.project_id = :project",
                                  {project_id.text()}, kPageColumns, page);
}

Result<std::vector<ServiceAccount>> list_service_accounts_of(store::Database& database,
                                                             const OrganizationId& organization_id,
                                                             const UserId& owner_id) {
  return select_accounts(database, "s.owner_user_id = :owner AND p.organization_id = :organization",
                         {owner_id.text(), organization_id.text()});
}

Result<ServiceAccount> rename_service_account(store::Database& database, const ServiceAccountId& id,
                                              const std::string& name, const Actor& actor,
                                              WallTime now) {
  TG_TRY_DONE(check_name(name));
  TG_TRY(auto account, find_service_account(database, id));
  if (account.name == name) return account;
  const nlohmann::json detail{{"changes_requested", {{"name", name}}},
                              {"before", {{"name", account.name}}}};
  account.name = name;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    session << "UPDATE service_accounts SET name = :name WHERE id = :id", soci::use(name),
        soci::use(id.text());
    return append_audit(session, actor, entry_of("service_account.updated", account, detail), now);
  }));
  return account;
}

Result<std::vector<KeyId>> delete_service_account(store::Database& database,
                                                  const ServiceAccountId& id, const Actor& actor,
                                                  WallTime now) {
  TG_TRY(const auto account, find_service_account(database, id));
  std::vector<KeyId> revoked;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    const long long now_ms = to_unix_ms(now);
    session << "UPDATE service_accounts SET deleted_unix_ms = :now WHERE id = :id",
        soci::use(now_ms), soci::use(id.text());
    revoked = alive_keys(session, id);
    session << "UPDATE api_keys SET revoked_unix_ms = :now,"
               " revoke_reason = 'service account deleted'"
               " WHERE service_account_id = :id AND revoked_unix_ms IS NULL",
        soci::use(now_ms), soci::use(id.text());
    return append_audit(
        session, actor,
        entry_of("service_account.deleted", account,
                 {{"before", {{"name", account.name}}}, {"revoked_keys", id_texts(revoked)}}),
        now);
  }));
  return revoked;
}

}  // namespace tg::identity
