// SPDX-License-Identifier: Apache-2.0
#include "ledger/object_owners.h"

#include <soci/soci.h>

#include <algorithm>

#include "ledger/object_rows.h"
#include "store/statement.h"

namespace tg::ledger {
namespace {

using store::Statement;

constexpr const char* kAdopt =
    "INSERT INTO stored_objects"
    " (project_id, id, kind, organization_id, key_id, provider_id, created_ms)"
    " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (project_id, id) DO UPDATE SET"
    " kind = excluded.kind, provider_id = excluded.provider_id";
constexpr const char* kForget = "DELETE FROM stored_objects WHERE project_id = ? AND id = ?";
constexpr const char* kList =
    "SELECT id, kind, organization_id, key_id, provider_id, created_ms FROM stored_objects"
    " WHERE project_id = ? AND id > ? AND (kind = ? OR ? < 0) ORDER BY id LIMIT ?";

}  // namespace

Result<void> adopt_objects(store::Database& database, std::span<const StoredObject> objects) {
  return database.write([&](soci::session& session) -> Result<void> {
    TG_TRY(auto insert, Statement::prepare(session, kAdopt));
    for (const auto& object : objects) {
      bind_row(insert, object);
      TG_TRY_DONE(insert.run());
    }
    return {};
  });
}

Result<void> forget_objects(store::Database& database, std::string_view project_id,
                            std::span<const std::string> ids) {
  TG_TRY(const auto found, find_objects(database, project_id, ids));
  for (const auto& id : ids) {
    const auto own = std::ranges::find(found, id, &OwnedObject::id);
    if (own == found.end()) return fail(Code::kNotFound, "not all of them are the project's");
    if (own->working) return fail(Code::kConflict, "one of them is still being worked on");
  }
  return database.write([&](soci::session& session) -> Result<void> {
    TG_TRY(auto remove, Statement::prepare(session, kForget));
    for (const auto& id : ids) {
      remove.bind(project_id);
      remove.bind(std::string_view{id});
      TG_TRY_DONE(remove.run());
    }
    return {};
  });
}

Result<std::vector<StoredObject>> list_objects(store::Database& database,
                                               const ObjectQuery& query) {
  std::vector<StoredObject> objects;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(auto select, Statement::prepare(session, kList));
    const auto kind = query.kind ? static_cast<std::int64_t>(*query.kind) : -1;
    select.bind(std::string_view{query.project_id});
    select.bind(std::string_view{query.after});
    select.bind(kind);
    select.bind(kind);
    select.bind(static_cast<std::int64_t>(query.limit));
    for (;;) {
      TG_TRY(const bool there, select.step());
      if (!there) return {};
      objects.push_back({.kind = static_cast<openai::ObjectKind>(select.number(1)),
                         .id = std::string{select.text(0)},
                         .project_id = query.project_id,
                         .organization_id = select.text(2),
                         .key_id = select.text(3),
                         .provider_id = select.text(4),
                         .at = from_unix_ms(select.number(5))});
    }
  }));
  return objects;
}

}  // namespace tg::ledger
