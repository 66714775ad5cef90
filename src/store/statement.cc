// SPDX-License-Identifier: Apache-2.0
#include "store/statement.h"

#include <algorithm>

#include "store/postgresql/postgresql_adding.h"
#include "store/postgresql/postgresql_copy.h"
#include "store/postgresql/postgresql_session.h"
#include "store/postgresql/postgresql_statement.h"
#include "store/sqlite/sqlite_adding.h"
#include "store/sqlite/sqlite_statement.h"

namespace tg::store {

std::string insert_sql(std::string_view table, std::string_view columns, std::string_view rest) {
  std::string sql{"INSERT INTO "};
  sql.append(table).append(" (").append(columns).append(") VALUES (?");
  for (auto more = std::ranges::count(columns, ','); more > 0; --more) sql += ",?";
  return sql.append(")").append(rest);
}

Result<Statement> Statement::prepare(soci::session& session, const std::string& sql, Rows rows) {
  std::unique_ptr<StatementBackend> backend;
  if (is_postgresql(session)) {
    TG_TRY(backend, prepare_postgresql(session, sql, rows == Rows::kBytes));
  } else {
    TG_TRY(backend, prepare_sqlite(session, sql));
  }
  return Statement{std::move(backend)};
}

Result<Statement> Statement::prepare_insert(soci::session& session, const std::string& table,
                                            const std::string& columns) {
  std::unique_ptr<StatementBackend> backend;
  if (is_postgresql(session)) {
    TG_TRY(backend, prepare_postgresql_copy(session, table, columns));
    return Statement{std::move(backend)};
  }
  TG_TRY(backend, prepare_sqlite(session, insert_sql(table, columns)));
  return Statement{std::move(backend)};
}

Result<Statement> Statement::prepare_add(soci::session& session, const std::string& table,
                                         const std::string& keys, const std::string& sums) {
  std::unique_ptr<StatementBackend> backend;
  if (is_postgresql(session)) {
    TG_TRY(backend, prepare_postgresql_adding(session, table, keys, sums));
  } else {
    TG_TRY(backend, prepare_sqlite_adding(session, table, keys, sums));
  }
  return Statement{std::move(backend)};
}

}  // namespace tg::store
