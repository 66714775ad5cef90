// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/sqlite_session.h"

#include <soci/sqlite3/soci-sqlite3.h>

#include <mutex>
#include <string>

#include "base/log.h"
#include "store/session.h"

namespace tg::store {
namespace {

// A session belongs to one thread at a time, and nobody asks how much memory SQLite uses: without
// the mutexes for both, writing a call down costs a tenth less (ledger_writer_bench). Has no
// effect, and does no harm, where SQLite is in use already.
void leave_out_mutexes() {
  static std::once_flag once;
  std::call_once(once, [] {
    sqlite_api::sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
    sqlite_api::sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  });
}

constexpr int kFindingsMax = 5;

}  // namespace

sqlite_api::sqlite3* sqlite_connection_of(soci::session& session) noexcept {
  return static_cast<soci::sqlite3_session_backend*>(session.get_backend())->conn_;
}

Result<std::unique_ptr<soci::session>> open_session(const std::filesystem::path& file) {
  const std::string path = file.string();
  if (path.find('"') != std::string::npos) {
    return fail(Code::kConfiguration, "the data folder's path must not contain a quotation mark");
  }
  leave_out_mutexes();
  std::unique_ptr<soci::session> session;
  TG_TRY_DONE(guarded([&]() -> Result<void> {
    session = std::make_unique<soci::session>(soci::sqlite3, "dbname=\"" + path + "\" timeout=5");
    return {};
  }));
  return session;
}

Result<void> run_sqlite_script(soci::session& session, const char* sql) noexcept {
  auto* connection = sqlite_connection_of(session);
  const int status = sqlite_api::sqlite3_exec(connection, sql, nullptr, nullptr, nullptr);
  if (status == SQLITE_OK) return {};
  log(LogLevel::kError, "SQL failed",
      {{"error", sqlite_api::sqlite3_errmsg(connection)}, {"sqlite_code", status}});
  return fail(Code::kDatabase, "the database refused a statement; the log has its message");
}

std::optional<Error> sqlite_error_of(const std::exception& thrown) noexcept {
  // SQLite's own messages name tables and columns.
  const auto* failed = dynamic_cast<const soci::sqlite3_soci_error*>(&thrown);
  if (failed == nullptr) return std::nullopt;
  log(LogLevel::kError, "SQL failed",
      {{"error", failed->get_error_message()}, {"sqlite_code", failed->result()}});
  if (failed->result() == SQLITE_NOTADB) {
    return Error{Code::kConfiguration, "tollgate.db is not a database; nothing was changed"};
  }
  return Error{Code::kDatabase, "the database refused a statement; the log has its message"};
}

Result<std::string> find_sqlite_damage(soci::session& session) {
  std::string damage;
  TG_TRY_DONE(guarded([&]() -> Result<void> {
    const std::string script = "PRAGMA integrity_check(" + std::to_string(kFindingsMax) + ")";
    const soci::rowset<std::string> findings = (session.prepare << script);
    for (const auto& finding : findings) {
      if (finding != "ok") damage += (damage.empty() ? "" : "; ") + finding;
    }
    std::string table;
    soci::statement references =
        (session.prepare << "SELECT \"table\" FROM pragma_foreign_key_check LIMIT 1",
         soci::into(table));
    if (references.execute(true)) damage += "a row of " + table + " points to nothing";
    return {};
  }));
  return damage;
}

}  // namespace tg::store
