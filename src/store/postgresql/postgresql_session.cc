// SPDX-License-Identifier: Apache-2.0
#include "store/postgresql/postgresql_session.h"

#include <soci/postgresql/soci-postgresql.h>

#include <algorithm>
#include <string_view>

#include "base/log.h"
#include "store/session.h"

namespace tg::store {
namespace {

// A notice is no error; libpq would print it where the log goes.
void ignore_notice(void* /*argument*/, const PGresult* /*notice*/) {}

// Before PostgreSQL's words SOCI has its own: "Cannot execute query. ", "Cannot establish …\n".
std::string first_line(std::string_view message) {
  if (message.starts_with("Cannot ")) {
    message.remove_prefix(std::min(message.find_first_of(".\n"), message.size()));
    message.remove_prefix(std::min(message.find_first_not_of(". \n"), message.size()));
    if (message.starts_with("Fatal error. ")) message.remove_prefix(13);
  }
  std::string line{message.substr(0, message.find('\n'))};
  std::ranges::replace_if(
      line, [](char each) { return static_cast<unsigned char>(each) < ' '; }, ' ');
  return line;
}

// Class 22 quotes the value that it complains about; class 23 does so in its detail only, which
// terse messages leave out.
Error failure(std::string_view sqlstate, std::string_view message) noexcept {
  const bool quotes_values = sqlstate.starts_with("22");
  log(LogLevel::kError, "SQL failed",
      {{"error", quotes_values ? "a value was refused" : first_line(message)},
       {"sqlstate", sqlstate}});
  if (sqlstate == "57014") return {Code::kDatabase, "a statement took too long"};
  return {Code::kDatabase, "the database refused a statement; the log has its message"};
}

// There is no code for why a connection failed, and the words are the server's language. What is
// not recognised is told as it is in the log. The message names host, user and database.
Error connect_failure(std::string_view message) noexcept {
  log(LogLevel::kError, "no connection to PostgreSQL", {{"error", first_line(message)}});
  const auto says = [message](std::string_view words) { return message.contains(words); };
  if (says("authentication failed") || says("no password supplied")) {
    return {Code::kConfiguration,
            "PostgreSQL refused the user or the password of the setting 'database'"};
  }
  if (says("database") && says("does not exist")) {
    return {Code::kConfiguration,
            "there is no such PostgreSQL database; make it with 'createdb', or name another in "
            "the setting 'database'"};
  }
  if (says("SSL") || says("certificate")) {
    return {Code::kDatabase,
            "there is no TLS with PostgreSQL as 'sslmode' wants it; "
            "the log has its message"};
  }
  return {Code::kDatabase, "PostgreSQL cannot be reached; the log has its message"};
}

}  // namespace

bool is_postgresql(soci::session& session) { return session.get_backend_name() == "postgresql"; }

PGconn* postgresql_connection_of(soci::session& session) noexcept {
  return static_cast<soci::postgresql_session_backend*>(session.get_backend())->conn_;
}

Result<std::unique_ptr<soci::session>> open_postgresql(const std::string& uri) {
  std::unique_ptr<soci::session> session;
  try {
    session = std::make_unique<soci::session>(soci::postgresql, uri);
  } catch (const soci::soci_error& thrown) {
    return std::unexpected(connect_failure(thrown.get_error_message()));
  } catch (const std::exception& thrown) {
    return std::unexpected(error_of(thrown));
  }
  auto* connection = postgresql_connection_of(*session);
  PQsetErrorVerbosity(connection, PQERRORS_TERSE);
  PQsetNoticeReceiver(connection, ignore_notice, nullptr);
  return session;
}

Result<void> run_postgresql_script(soci::session& session, const char* sql) noexcept {
  auto* connection = postgresql_connection_of(session);
  const PgResult result{PQexec(connection, sql)};
  const auto status = PQresultStatus(result.get());
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return {};
  return std::unexpected(postgresql_failure(connection, result.get()));
}

Error postgresql_failure(PGconn* connection, const PGresult* result) noexcept {
  const char* sqlstate = result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char* message =
      result == nullptr ? PQerrorMessage(connection) : PQresultErrorMessage(result);
  if (sqlstate != nullptr) return failure(sqlstate, message);
  if (PQstatus(connection) == CONNECTION_BAD) return failure("08006", message);
  return failure("", message);
}

std::optional<Error> postgresql_error_of(const std::exception& thrown) noexcept {
  const auto* failed = dynamic_cast<const soci::postgresql_soci_error*>(&thrown);
  if (failed == nullptr) return std::nullopt;
  return failure(failed->sqlstate(), failed->get_error_message());
}

}  // namespace tg::store
