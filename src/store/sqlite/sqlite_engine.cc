// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/sqlite_engine.h"

#include <fmt/format.h>
#include <soci/sqlite3/soci-sqlite3.h>
#include <sys/stat.h>

#include <cerrno>
#include <string>

#include "base/files.h"
#include "store/sqlite/sqlite_session.h"

namespace tg::store {
namespace {

// After the file is known to be ours: write-ahead logging changes its header. Temporary tables stay
// in memory, so that nothing of the database lies outside the data folder.
constexpr const char* kWriterPragmas =
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = FULL;"
    "PRAGMA foreign_keys = ON;"
    "PRAGMA secure_delete = ON;"
    // 64 MiB: the rollups of ten thousand keys stay in memory between two transactions.
    "PRAGMA cache_size = -65536;"
    // 32 MiB of log: each page is carried into the database once for many transactions.
    "PRAGMA wal_autocheckpoint = 8192;"
    "PRAGMA temp_store = MEMORY;"
    "PRAGMA trusted_schema = OFF;";
constexpr const char* kReaderPragmas =
    "PRAGMA query_only = ON;"
    "PRAGMA temp_store = MEMORY;"
    "PRAGMA trusted_schema = OFF;";

constexpr int kCopiesMax = 100;  // each failed attempt at an upgrade leaves one

class SqliteEngine final : public Engine {
 public:
  explicit SqliteEngine(std::filesystem::path file) : file_{std::move(file)} {}

  Result<std::unique_ptr<soci::session>> connect(Role /*role*/) override {
    return open_session(file_);
  }

  Result<void> settle(soci::session& session, Role role) override {
    if (role == Role::kReader) return run_sqlite_script(session, kReaderPragmas);
    // The log's files take over the mode of the database's.
    if (::chmod(file_.c_str(), 0600) != 0) {
      return fail(Code::kIo, "cannot make the database readable by its owner only", errno);
    }
    return run_sqlite_script(session, kWriterPragmas);
  }

  Result<void> begin(soci::session& session, Role role) override {
    return run_sqlite_script(session, role == Role::kWriter ? "BEGIN IMMEDIATE" : "BEGIN");
  }

  Result<void> commit(soci::session& session) override {
    return run_sqlite_script(session, "COMMIT");
  }

  void roll_back(soci::session& session) noexcept override {
    // SQLite may have done so by itself.
    if (sqlite_api::sqlite3_get_autocommit(sqlite_connection_of(session)) != 0) return;
    // A failure here leaves the transaction open, and the next BEGIN says so.
    (void)run_sqlite_script(session, "ROLLBACK");
  }

  bool is_lost(soci::session& /*session*/) noexcept override { return false; }

  Result<Owner> owner_of(soci::session& session) override {
    int application_id = 0;
    int tables = 0;
    session << "PRAGMA application_id", soci::into(application_id);
    session << "SELECT count(*) FROM sqlite_master", soci::into(tables);
    if (application_id == kApplicationId) return Owner::kTollgate;
    return application_id == 0 && tables == 0 ? Owner::kNobody : Owner::kAnotherProgram;
  }

  Result<void> mark_as_ours(soci::session& session) override {
    const auto mark = "PRAGMA application_id = " + std::to_string(kApplicationId);
    return run_sqlite_script(session, mark.c_str());
  }

  // As SQLite sees it, with what is in the write-ahead log, which a copy of the file would miss.
  Result<void> copy_before(soci::session& session, int newest) override {
    const std::string base = file_.string() + ".before-" + std::to_string(newest);
    std::string copy = base;
    for (int number = 2; std::filesystem::exists(copy); ++number) {
      if (number > kCopiesMax) {
        return fail(Code::kIo, "too many tollgate.db.before-* copies", EEXIST);
      }
      copy = base + "-" + std::to_string(number);
    }
    // SQLite fills an empty file and so keeps our mode.
    TG_TRY_DONE(create_private_file(copy, ""));
    session << "VACUUM INTO :copy", soci::use(copy, "copy");
    return {};
  }

  Result<void> run_step(soci::session& session, const char* sql) override {
    return run_sqlite_script(session, sql);
  }

  Result<std::string> find_damage(soci::session& session) override {
    return find_sqlite_damage(session);
  }

  bool is_in_folder() const noexcept override { return true; }

  Result<std::string> describe(soci::session& /*session*/) override {
    return fmt::format("SQLite {} ({})", sqlite_api::sqlite3_libversion(), file_.string());
  }

 private:
  std::filesystem::path file_;
};

}  // namespace

std::unique_ptr<Engine> make_sqlite_engine(const std::filesystem::path& data_folder) {
  return std::make_unique<SqliteEngine>(data_folder / kDatabaseFileName);
}

}  // namespace tg::store
