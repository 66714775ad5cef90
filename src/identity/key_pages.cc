// SPDX-License-Identifier: Apache-2.0
#include "identity/key_select.h"
#include "identity/page_rows.h"

namespace tg::identity {
namespace {

// Whatever has become of the key that the page comes behind.
constexpr PageColumns kOfProject{
    .time = "k.created_unix_ms",
    .id = "k.id",
    .cursor = "SELECT created_unix_ms FROM api_keys WHERE id = :id AND project_id = :project",
};
constexpr PageColumns kOfOrganization{
    .time = "k.created_unix_ms",
    .id = "k.id",
    .cursor =
        "SELECT created_unix_ms FROM api_keys WHERE id = :id"
        " AND organization_id = :organization AND kind = 'admin'",
};

Result<PageOf<KeyInfo>> page_of_keys(store::Database& database, const std::string& condition,
                                     const std::string& owner, const PageColumns& columns,
                                     const PageQuery& page) {
  PageOf<KeyInfo> found;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    std::vector<std::string> values{owner};
    TG_TRY(const auto clause, page_clause(session, page, columns, owner, values));
    TG_TRY(auto keys, select_keys(session, condition + clause, values));
    found = cut_page(std::move(keys), page);
    return {};
  }));
  return found;
}

}  // namespace

Result<PageOf<KeyInfo>> page_of_project_keys(store::Database& database, const ProjectId& project_id,
                                             const PageQuery& page) {
  return page_of_keys(database, "WHERE k.project_id = :project AND k.revoked_unix_ms IS NULL",
                      project_id.text(), kOfProject, page);
}

Result<PageOf<KeyInfo>> page_of_admin_keys(store::Database& database,
                                           const OrganizationId& organization_id,
                                           const PageQuery& page) {
  return page_of_keys(database,
                      "WHERE k.organization_id = :organization AND k.revoked_unix_ms IS NULL"
                      " AND k.kind = 'admin'",
                      organization_id.text(), kOfOrganization, page);
}

}  // namespace tg::identity
