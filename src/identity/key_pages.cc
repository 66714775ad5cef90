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
constexpr PageColumns kOfAll{
    .time = "k.created_unix_ms",
    .id = "k.id",
    .cursor =
        "SELECT created_unix_ms FROM api_keys WHERE id = :id AND organization_id = :organization",
};
constexpr PageColumns kOfOrganization{
    .time = "k.created_unix_ms",
    .id = "k.id",
    .cursor =
        "SELECT created_unix_ms FROM api_keys WHERE id = :id"
        " AND organization_id = :organization AND kind = 'admin'",
};

template <typename Key>
using Select = Result<std::vector<Key>>(soci::session&, const std::string& condition,
                                        const std::vector<std::string>& values);

// `owner` is the cursor's.
template <typename Key>
Result<PageOf<Key>> read_page(store::Database& database, Select<Key>* select,
                              const std::string& condition, std::vector<std::string> values,
                              const std::string& owner, const PageColumns& columns,
                              const PageQuery& page) {
  PageOf<Key> found;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(const auto clause, page_clause(session, page, columns, owner, values));
    TG_TRY(auto keys, select(session, condition + clause, values));
    found = cut_page(std::move(keys), page);
    return {};
  }));
  return found;
}

}  // namespace

Result<PageOf<OwnedKey>> page_of_project_keys(store::Database& database,
                                              const ProjectId& project_id, const PageQuery& page) {
  const auto& id = project_id.text();
  return read_page(database, select_owned_keys,
                   "WHERE k.project_id = :project AND k.revoked_unix_ms IS NULL", {id}, id,
                   kOfProject, page);
}

Result<PageOf<OwnedKey>> page_of_admin_keys(store::Database& database,
                                            const OrganizationId& organization_id,
                                            const PageQuery& page) {
  const auto& id = organization_id.text();
  return read_page(database, select_owned_keys,
                   "WHERE k.organization_id = :organization AND k.revoked_unix_ms IS NULL"
                   " AND k.kind = 'admin'",
                   {id}, id, kOfOrganization, page);
}

Result<PageOf<KeyInfo>> page_of_keys(store::Database& database, const KeyFilter& filter,
                                     const PageQuery& page) {
  const auto& organization = filter.organization_id.text();
  // Each by one column, so that the index of the narrowest is taken.
  std::string condition = "WHERE k.organization_id = :organization";
  std::vector<std::string> values{organization};
  if (filter.parent_id) {
    condition = "WHERE k.parent_id = :parent";
    values = {filter.parent_id->text()};
  } else if (filter.project_id) {
    condition = "WHERE p.organization_id = :organization AND k.project_id = :project";
    values.push_back(filter.project_id->text());
  }
  if (filter.owner_id) {
    condition += " AND k.user_id = :user";
    values.push_back(filter.owner_id->text());
  }
  if (!filter.revoked_too) condition += " AND k.revoked_unix_ms IS NULL";
  return read_page(database, select_keys, condition, std::move(values), organization, kOfAll, page);
}

}  // namespace tg::identity
