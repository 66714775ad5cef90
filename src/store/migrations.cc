// SPDX-License-Identifier: Apache-2.0
#include "store/migrations.h"

#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "store/postgresql/postgresql_session.h"
#include "store/session.h"

namespace tg::store {
namespace {

constexpr Migration kMigrations[] = {
    {1, "identity", kMigration0001Identity},
    {2, "ledger", kMigration0002Ledger},
    {3, "providers", kMigration0003Providers},
    {4, "spending", kMigration0004Spending},
    {5, "projects", kMigration0005Projects},
    {6, "people", kMigration0006People},
    {7, "keys", kMigration0007Keys},
    {8, "entry", kMigration0008Entry},
    {9, "audit", kMigration0009Audit},
    {10, "instance", kMigration0010Instance},
    {11, "objects", kMigration0011Objects},
    {12, "prices", kMigration0012Prices},
    {13, "usage", kMigration0013Usage},
    {14, "charging", kMigration0014Charging},
    {15, "rollups", kMigration0015Rollups},
    {16, "alerts", kMigration0016Alerts},
    {17, "blocks", kMigration0017Blocks, kMigration0017OnPostgresql},
    {18, "notices", kMigration0018Notices},
    {19, "workload identity", kMigration0019WorkloadIdentity},
    {20, "certificates", kMigration0020Certificates},
    {21, "settings", kMigration0021Settings},
    {22, "credits", kMigration0022Credits},
    {23, "pages", kMigration0023Pages},
    {24, "sparse", "", kMigration0024OnPostgresql},
};

Result<void> check_owner(Engine::Owner owner) {
  if (owner == Engine::Owner::kAnotherFolder) {
    return fail(Code::kConfiguration,
                "the database belongs to another data folder: its master.key and pepper are not "
                "these. Restore them from backup, or choose another database");
  }
  if (owner == Engine::Owner::kAnotherProgram) {
    return fail(Code::kConfiguration,
                "the database belongs to another program; nothing was changed. "
                "Choose another data folder or database");
  }
  return {};
}

Result<void> record_step(soci::session& session, const Migration& step) {
  const std::string step_name = step.name;
  const long long applied_unix_ms = to_unix_ms(wall_now());
  session << "INSERT INTO schema_version (version, name, applied_unix_ms) VALUES (:v, :n, :a)",
      soci::use(step.version, "v"), soci::use(step_name, "n"), soci::use(applied_unix_ms, "a");
  return {};
}

Result<void> apply(Engine& engine, soci::session& session, const Migration& step) {
  TG_TRY_DONE(engine.begin(session, Engine::Role::kWriter));
  auto done = guarded([&]() -> Result<void> {
    if (step.version == 1) {
      TG_TRY_DONE(engine.run_step(session,
                                  "CREATE TABLE schema_version (version INTEGER PRIMARY KEY,"
                                  " name TEXT NOT NULL, applied_unix_ms BIGINT NOT NULL)"));
      TG_TRY_DONE(engine.mark_as_ours(session));
    }
    if (*step.sql != '\0') {
      TG_TRY_DONE(engine.run_step(session, step.sql));
    }
    if (step.on_postgresql != nullptr && is_postgresql(session)) {
      TG_TRY_DONE(engine.run_step(session, step.on_postgresql));
    }
    TG_TRY_DONE(record_step(session, step));
    return engine.commit(session);
  });
  if (!done) engine.roll_back(session);
  return done;
}

}  // namespace

std::span<const Migration> migrations() { return kMigrations; }

Result<int> schema_version(Engine& engine, soci::session& session,
                           std::span<const Migration> steps) {
  TG_TRY(const auto owner, engine.owner_of(session));
  if (owner == Engine::Owner::kNobody) return 0;
  TG_TRY_DONE(check_owner(owner));
  int applied = 0;
  int version = 0;
  session << "SELECT count(*), COALESCE(max(version), 0) FROM schema_version", soci::into(applied),
      soci::into(version);
  if (version > static_cast<int>(steps.size())) {
    return fail(Code::kConfiguration,
                "the database was made by a newer Tollgate; nothing was changed. "
                "Start that one, or restore the copy from before the upgrade");
  }
  if (applied != version || version == 0) {
    return fail(Code::kConfiguration,
                "the database misses steps of its schema; nothing was changed. "
                "Restore it from backup");
  }
  return version;
}

Result<void> migrate(Engine& engine, soci::session& session, std::span<const Migration> steps) {
  const int newest = static_cast<int>(steps.size());
  int version = 0;
  TG_TRY_DONE(guarded([&]() -> Result<void> {
    TG_TRY(version, schema_version(engine, session, steps));
    if (version == 0 || version == newest) return {};
    return engine.copy_before(session, newest);
  }));
  for (const auto& step : steps.subspan(static_cast<std::size_t>(version))) {
    TG_TRY_DONE(apply(engine, session, step));
    log(LogLevel::kInfo, "schema step applied", {{"version", step.version}, {"step", step.name}});
  }
  return {};
}

}  // namespace tg::store
