// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>

#include "base/result.h"

namespace soci {
class session;
}

// The schema, as the steps that lead to it. A step is never edited once it was released: the next
// one changes what it made. `schema_version` holds one row for each step that was applied.
//
// Threading:  pure; migrate() on the thread that opens the database, before anyone else has it.
// Errors:     kConfiguration for a file that is newer than this program or not Tollgate's, and
//             then nothing was touched; kDatabase, kIo. A step that fails leaves the one before it.
namespace tg::store {

struct Migration {
  int version;  // 1, 2, 3, …
  const char* name;
  const char* sql;  // any number of statements
};

[[nodiscard]] std::span<const Migration> migrations();

// The step that the database stands at; 0: it is empty. kConfiguration: it is another program's, a
// newer Tollgate's, or misses steps. May throw what SOCI throws.
[[nodiscard]] Result<int> schema_version(soci::session& session, std::span<const Migration> steps);

// "Toll" in ASCII: says in the file's header whose it is.
inline constexpr int kApplicationId = 0x546F6C6C;

// Copies an existing database to `tollgate.db.before-<newest version>` before its first step.
[[nodiscard]] Result<void> migrate(soci::session& session, const std::filesystem::path& file,
                                   std::span<const Migration> steps);

extern const char kMigration0001Identity[];
extern const char kMigration0002Ledger[];
extern const char kMigration0003Providers[];
extern const char kMigration0004Spending[];
extern const char kMigration0005Projects[];
extern const char kMigration0006Keys[];
extern const char kMigration0010Instance[];

}  // namespace tg::store
