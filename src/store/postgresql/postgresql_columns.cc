// SPDX-License-Identifier: Apache-2.0
#include "store/postgresql/postgresql_columns.h"

#include <libpq-events.h>

#include <memory>
#include <ranges>
#include <set>
#include <unordered_map>
#include <utility>

#include "store/postgresql/postgresql_session.h"

namespace tg::store {
namespace {

using Names = std::set<std::string, std::less<>>;
// By table.
using Nullable = std::unordered_map<std::string, Names>;

int end_with_connection(PGEventId event, void* info, void* /*pass_through*/) {
  if (event == PGEVT_CONNDESTROY) {
    auto* const connection = static_cast<PGEventConnDestroy*>(info)->conn;
    delete static_cast<Nullable*>(PQinstanceData(connection, end_with_connection));
  }
  return 1;
}

Nullable* remembered(PGconn* connection) noexcept {
  return static_cast<Nullable*>(PQinstanceData(connection, end_with_connection));
}

// Null where libpq has no memory for it: then nothing is remembered.
Nullable* remember(PGconn* connection) {
  if (auto* const known = remembered(connection)) return known;
  // A connection that has forgotten is registered still, and says no.
  (void)PQregisterEventProc(connection, end_with_connection, "columns", nullptr);
  auto made = std::make_unique<Nullable>();
  if (PQsetInstanceData(connection, end_with_connection, made.get()) != 1) return nullptr;
  return made.release();
}

Result<Names> ask(PGconn* connection, const std::string& table) {
  const char* value = table.c_str();
  const PgResult found{PQexecParams(connection,
                                    "SELECT attname FROM pg_attribute WHERE attrelid ="
                                    " to_regclass($1) AND attnum > 0 AND NOT attnotnull",
                                    1, nullptr, &value, nullptr, nullptr, 0)};
  if (PQresultStatus(found.get()) != PGRES_TUPLES_OK) {
    return std::unexpected(postgresql_failure(connection, found.get()));
  }
  Names names;
  for (int row = 0; row < PQntuples(found.get()); ++row) {
    names.insert(PQgetvalue(found.get(), row, 0));
  }
  return names;
}

std::vector<bool> contained(const Names& names, std::string_view columns) {
  std::vector<bool> are;
  for (const auto part : std::views::split(columns, ',')) {
    are.push_back(names.contains(std::string_view{part.begin(), part.end()}));
  }
  return are;
}

}  // namespace

Result<std::vector<bool>> nullable_columns(soci::session& session, const std::string& table,
                                           std::string_view columns) {
  auto* const connection = postgresql_connection_of(session);
  auto* const known = remember(connection);
  if (known != nullptr) {
    if (const auto found = known->find(table); found != known->end()) {
      return contained(found->second, columns);
    }
  }
  TG_TRY(auto names, ask(connection, table));
  auto are = contained(names, columns);
  if (known != nullptr) known->insert_or_assign(table, std::move(names));
  return are;
}

void forget_columns(soci::session& session) noexcept {
  if (auto* const known = remembered(postgresql_connection_of(session))) known->clear();
}

}  // namespace tg::store
