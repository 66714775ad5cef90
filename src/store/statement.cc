// SPDX-License-Identifier: Apache-2.0
#include "store/statement.h"

#include <soci/sqlite3/soci-sqlite3.h>

#include "base/log.h"
#include "store/sqlite_session.h"

namespace tg::store {

using namespace sqlite_api;

Result<Statement> Statement::prepare(soci::session& session, const std::string& sql) {
  auto* connection = connection_of(session);
  sqlite3_stmt* statement = nullptr;
  const int status = sqlite3_prepare_v2(connection, sql.c_str(), static_cast<int>(sql.size()) + 1,
                                        &statement, nullptr);
  if (status == SQLITE_OK) return Statement{statement};
  log(LogLevel::kError, "SQL failed",
      {{"error", sqlite3_errmsg(connection)}, {"sqlite_code", status}});
  return fail(Code::kDatabase, "the database refused a statement; the log has its message");
}

void Statement::bind(std::int64_t value) noexcept {
  bind_status_ |= sqlite3_bind_int64(statement_.get(), ++bound_, value);
}

void Statement::bind(std::string_view text) noexcept {
  // A null pointer would bind NULL, and no column takes that.
  const char* begin = text.data() == nullptr ? "" : text.data();
  bind_status_ |= sqlite3_bind_text(statement_.get(), ++bound_, begin,
                                    static_cast<int>(text.size()), SQLITE_STATIC);
}

Result<long long> Statement::run() noexcept {
  TG_TRY(const bool row, step());
  TG_CHECK(!row);
  restart();
  return sqlite3_changes64(sqlite3_db_handle(statement_.get()));
}

Result<bool> Statement::step() noexcept {
  if (bind_status_ != SQLITE_OK) return failed(bind_status_);
  const int status = sqlite3_step(statement_.get());
  if (status == SQLITE_ROW) return true;
  if (status == SQLITE_DONE) return false;
  return failed(status);
}

long long Statement::number(int column) const noexcept {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string_view Statement::text(int column) const noexcept {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  if (text == nullptr) return {};
  return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

void Statement::restart() noexcept {
  sqlite3_reset(statement_.get());
  bound_ = 0;
  bind_status_ = SQLITE_OK;
}

std::unexpected<Error> Statement::failed(int status) noexcept {
  // Before the reset, which may forget it. It names tables and columns, never values.
  log(LogLevel::kError, "SQL failed",
      {{"error", sqlite3_errmsg(sqlite3_db_handle(statement_.get()))}, {"sqlite_code", status}});
  restart();
  return fail(Code::kDatabase, "the database refused a statement; the log has its message");
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const noexcept {
  sqlite3_finalize(statement);
}

}  // namespace tg::store
