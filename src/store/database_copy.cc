// SPDX-License-Identifier: Apache-2.0
#include "store/database_copy.h"

#include <soci/sqlite3/soci-sqlite3.h>

#include "base/files.h"
#include "base/ids.h"
#include "store/engine.h"
#include "store/migrations.h"
#include "store/session.h"
#include "store/sqlite/sqlite_engine.h"
#include "store/sqlite/sqlite_session.h"
#include "store/temporary_folder.h"

namespace tg::store {
namespace {

namespace fs = std::filesystem;
using Milliseconds = std::chrono::milliseconds;

Milliseconds since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - start);
}

// Of a database of SQLite, wherever its file is.
Result<int> version_of(soci::session& session) {
  int version = 0;
  const auto engine = make_sqlite_engine({});
  TG_TRY_DONE(guarded([&]() -> Result<void> {
    TG_TRY(version, schema_version(*engine, session, migrations()));
    return {};
  }));
  return version;
}

Result<void> copy_pages(soci::session& from, soci::session& to) {
  auto* target = sqlite_connection_of(to);
  auto* backup =
      sqlite_api::sqlite3_backup_init(target, "main", sqlite_connection_of(from), "main");
  if (backup == nullptr) return fail(Code::kDatabase, "the copy of the database cannot begin");
  const int stepped = sqlite_api::sqlite3_backup_step(backup, -1);
  const int finished = sqlite_api::sqlite3_backup_finish(backup);
  if (stepped == SQLITE_DONE && finished == SQLITE_OK) return {};
  return fail(Code::kDatabase, "the database could not be copied; is the disk full?");
}

}  // namespace

DatabaseCopy::DatabaseCopy(std::unique_ptr<soci::session> session) : session_{std::move(session)} {}
DatabaseCopy::DatabaseCopy(DatabaseCopy&&) noexcept = default;
DatabaseCopy& DatabaseCopy::operator=(DatabaseCopy&&) noexcept = default;
DatabaseCopy::~DatabaseCopy() = default;

Result<DatabaseCopy> DatabaseCopy::begin(const fs::path& data_folder) {
  TG_TRY(auto session, open_session(data_folder / kDatabaseFileName));
  TG_TRY_DONE(run_sqlite_script(*session, "BEGIN"));
  // The transaction sees the database as of its first read.
  TG_TRY_DONE(guarded([&]() -> Result<void> {
    int tables = 0;
    *session << "SELECT count(*) FROM sqlite_master", soci::into(tables);
    return {};
  }));
  return DatabaseCopy{std::move(session)};
}

Result<void> DatabaseCopy::write_to(const fs::path& file) {
  // SQLite fills an empty file and so keeps our mode.
  TG_TRY_DONE(create_private_file(file, ""));
  TG_TRY(const auto target, open_session(file));
  TG_TRY_DONE(copy_pages(*session_, *target));
  // One file, whole by itself, until somebody opens it as a database again.
  return run_sqlite_script(*target, "PRAGMA journal_mode = DELETE");
}

Result<int> DatabaseCopy::schema_version() { return version_of(*session_); }

Result<int> examine_file(const fs::path& file) {
  TG_TRY(const auto session, open_session(file));
  TG_TRY(const int version, version_of(*session));
  TG_TRY(const auto damage, find_sqlite_damage(*session));
  if (damage.empty()) return version;
  return fail(Code::kCorrupt, "the database's pages or references are damaged");
}

Result<UpgradeRehearsal> rehearse_upgrade(const fs::path& data_folder) {
  if (!is_there(data_folder / kDatabaseFileName)) {
    return fail(Code::kNotFound, "there is no tollgate.db in the data folder");
  }
  TG_TRY(auto copy, DatabaseCopy::begin(data_folder));
  UpgradeRehearsal rehearsal;
  const auto steps = migrations();
  rehearsal.newest = static_cast<int>(steps.size());
  TG_TRY(rehearsal.version, copy.schema_version());
  for (const auto& step : steps.subspan(static_cast<std::size_t>(rehearsal.version))) {
    rehearsal.steps.emplace_back(step.name);
  }
  if (rehearsal.steps.empty()) return rehearsal;

  TG_TRY(const auto place, TemporaryFolder::make(data_folder / make_id("upgrade-check-"),
                                                 "cannot create a folder for the copy"));
  const auto file = place.path() / kDatabaseFileName;
  auto start = std::chrono::steady_clock::now();
  TG_TRY_DONE(copy.write_to(file));
  rehearsal.copying = since(start);
  start = std::chrono::steady_clock::now();
  const auto engine = make_sqlite_engine(place.path());
  TG_TRY(const auto session, engine->connect(Engine::Role::kWriter));
  TG_TRY_DONE(migrate(*engine, *session, steps));
  TG_TRY(const auto damage, find_sqlite_damage(*session));
  if (!damage.empty()) return fail(Code::kCorrupt, "the upgraded copy is damaged");
  rehearsal.applying = since(start);
  return rehearsal;
}

}  // namespace tg::store
