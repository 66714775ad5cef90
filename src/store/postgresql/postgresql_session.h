// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <libpq-fe.h>
#include <soci/soci.h>

#include <exception>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"

// What this room needs of libpq beneath SOCI. Nobody outside includes this.
//
// Threading:  a session belongs to one thread at a time.
// Errors:     what the server says is logged as far as it can hold no value: of errors in data, the
//             five letters of SQLSTATE alone; of the rest the first line, which names tables,
//             columns and constraints.
namespace tg::store {

struct ClearResult {
  void operator()(PGresult* result) const noexcept { PQclear(result); }
};
using PgResult = std::unique_ptr<PGresult, ClearResult>;

[[nodiscard]] bool is_postgresql(soci::session& session);
[[nodiscard]] PGconn* postgresql_connection_of(soci::session& session) noexcept;

// That of a PostgresqlAddress. kDatabase where the server is not there, kConfiguration where it
// refuses who we are.
[[nodiscard]] Result<std::unique_ptr<soci::session>> open_postgresql(const std::string& uri);

// Any number of statements, all in one transaction if none is open. Never throws.
[[nodiscard]] Result<void> run_postgresql_script(soci::session& session, const char* sql) noexcept;

// Logs what the connection or one of its results says.
[[nodiscard]] Error postgresql_failure(PGconn* connection, const PGresult* result) noexcept;
// The same of what SOCI threw, where it was PostgreSQL that failed.
[[nodiscard]] std::optional<Error> postgresql_error_of(const std::exception& thrown) noexcept;

}  // namespace tg::store
