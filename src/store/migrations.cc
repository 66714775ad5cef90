// SPDX-License-Identifier: Apache-2.0
#include "store/migrations.h"

#include <string>
#include <system_error>

#include "base/clock.h"
#include "base/files.h"
#include "base/log.h"
#include "store/sqlite_session.h"

namespace tg::store {
namespace {

constexpr Migration kMigrations[] = {
    {1, "identity", kMigration0001Identity},   {2, "ledger", kMigration0002Ledger},
    {3, "providers", kMigration0003Providers}, {4, "spending", kMigration0004Spending},
    {5, "projects", kMigration0005Projects},   {6, "keys", kMigration0006Keys},
    {7, "instance", kMigration0010Instance},
};

constexpr int kCopiesMax = 100;  // each failed attempt at an upgrade leaves one

// As SQLite sees it, with what is in the write-ahead log, which a copy of the file would miss.
Result<void> copy_before(soci::session& session, const std::filesystem::path& file, int newest) {
  const std::string base = file.string() + ".before-" + std::to_string(newest);
  std::string copy = base;
  for (int number = 2; std::filesystem::exists(copy); ++number) {
    if (number > kCopiesMax) return fail(Code::kIo, "too many tollgate.db.before-* copies", EEXIST);
    copy = base + "-" + std::to_string(number);
  }
  // SQLite fills an empty file and so keeps our mode.
  TG_TRY_DONE(create_private_file(copy, ""));
  session << "VACUUM INTO :copy", soci::use(copy, "copy");
  return {};
}

Result<void> record_step(soci::session& session, const Migration& step) {
  const std::string step_name = step.name;
  const long long applied_unix_ms = to_unix_ms(wall_now());
  session << "INSERT INTO schema_version (version, name, applied_unix_ms) VALUES (:v, :n, :a)",
      soci::use(step.version, "v"), soci::use(step_name, "n"), soci::use(applied_unix_ms, "a");
  return {};
}

Result<void> mark_as_ours(soci::session& session) {
  TG_TRY_DONE(run_script(session,
                         "CREATE TABLE schema_version (version INTEGER PRIMARY KEY,"
                         " name TEXT NOT NULL, applied_unix_ms BIGINT NOT NULL)"));
  const auto mark = "PRAGMA application_id = " + std::to_string(kApplicationId);
  return run_script(session, mark.c_str());
}

Result<void> apply(soci::session& session, const Migration& step) {
  TG_TRY_DONE(run_script(session, "BEGIN IMMEDIATE"));
  auto done = guarded([&]() -> Result<void> {
    if (step.version == 1) TG_TRY_DONE(mark_as_ours(session));
    TG_TRY_DONE(run_script(session, step.sql));
    TG_TRY_DONE(record_step(session, step));
    return run_script(session, "COMMIT");
  });
  if (!done) roll_back(session);
  return done;
}

}  // namespace

std::span<const Migration> migrations() { return kMigrations; }

Result<int> schema_version(soci::session& session, std::span<const Migration> steps) {
  const int newest = static_cast<int>(steps.size());
  int application_id = 0;
  int tables = 0;
  session << "PRAGMA application_id", soci::into(application_id);
  session << "SELECT count(*) FROM sqlite_master", soci::into(tables);
  if (application_id == 0 && tables == 0) return 0;
  if (application_id != kApplicationId) {
    return fail(Code::kConfiguration,
                "tollgate.db belongs to another program; nothing was changed. "
                "Choose another data folder");
  }
  int applied = 0;
  int version = 0;
  session << "SELECT count(*), COALESCE(max(version), 0) FROM schema_version", soci::into(applied),
      soci::into(version);
  if (version > newest) {
    return fail(Code::kConfiguration,
                "tollgate.db was made by a newer Tollgate; nothing was changed. "
                "Start that one, or restore the copy from before the upgrade");
  }
  if (applied != version || version == 0) {
    return fail(Code::kConfiguration,
                "tollgate.db misses steps of its schema; nothing was changed. "
                "Restore it from backup");
  }
  return version;
}

Result<void> migrate(soci::session& session, const std::filesystem::path& file,
                     std::span<const Migration> steps) {
  const int newest = static_cast<int>(steps.size());
  int version = 0;
  TG_TRY_DONE(guarded([&]() -> Result<void> {
    TG_TRY(version, schema_version(session, steps));
    if (version == 0 || version == newest) return {};
    return copy_before(session, file, newest);
  }));
  for (const auto& step : steps.subspan(static_cast<std::size_t>(version))) {
    TG_TRY_DONE(apply(session, step));
    log(LogLevel::kInfo, "schema step applied", {{"version", step.version}, {"step", step.name}});
  }
  return {};
}

}  // namespace tg::store
