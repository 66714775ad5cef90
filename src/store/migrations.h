// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "base/result.h"
#include "store/engine.h"

// The schema, as the steps that lead to it, the same for every engine (README.md: what a text must
// keep to). A step is never edited once it was released: the next one changes what it made.
// `schema_version` holds one row for each step that was applied.
//
// Threading:  pure; migrate() on the thread that opens the database, before anyone else has it.
// Errors:     kConfiguration for a database that is newer than this program or not Tollgate's, and
//             then nothing was touched; kDatabase, kIo. A step that fails leaves the one before it.
namespace tg::store {

struct Migration {
  int version;  // 1, 2, 3, …
  const char* name;
  const char* sql;  // any number of statements, or ""
  // The same, after those and on PostgreSQL alone: how a table lies on its disk.
  const char* on_postgresql = nullptr;
};

[[nodiscard]] std::span<const Migration> migrations();

// The step that the database stands at; 0: it is empty. kConfiguration: it is another folder's or
// program's, a newer Tollgate's, or misses steps. May throw what SOCI throws.
[[nodiscard]] Result<int> schema_version(Engine& engine, soci::session& session,
                                         std::span<const Migration> steps);

// The session is the writer's: no other process migrates at the same time.
[[nodiscard]] Result<void> migrate(Engine& engine, soci::session& session,
                                   std::span<const Migration> steps);

extern const char kMigration0001Identity[];
extern const char kMigration0002Ledger[];
extern const char kMigration0003Providers[];
extern const char kMigration0004Spending[];
extern const char kMigration0005Projects[];
extern const char kMigration0006People[];
extern const char kMigration0007Keys[];
extern const char kMigration0008Entry[];
extern const char kMigration0009Audit[];
extern const char kMigration0010Instance[];
extern const char kMigration0011Objects[];
extern const char kMigration0012Prices[];
extern const char kMigration0013Usage[];
extern const char kMigration0014Charging[];
extern const char kMigration0015Rollups[];
extern const char kMigration0016Alerts[];
extern const char kMigration0017Blocks[];
extern const char kMigration0017OnPostgresql[];
extern const char kMigration0018Notices[];
extern const char kMigration0019WorkloadIdentity[];
extern const char kMigration0020Certificates[];
extern const char kMigration0021Settings[];
extern const char kMigration0022Credits[];
extern const char kMigration0023Pages[];
extern const char kMigration0024OnPostgresql[];

}  // namespace tg::store
