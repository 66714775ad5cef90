// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "admin/api_error.h"
#include "identity/audit.h"

// Puts a backup in the place of a data folder's database. Everything is prepared and proved beside
// the present database, which then goes aside by a rename; until then nothing has changed.
//
// Threading:  the command line's thread; no server may run on the folder.
// Errors:     ApiError: what is wrong with the backup, the folder or its key files, and what to do.
namespace tg::admin {

struct RestoreOptions {
  std::filesystem::path backup;
  std::filesystem::path folder;
  // What `tollgate audit export` printed since; without it, every key that is alive is put on hold.
  std::optional<std::filesystem::path> audit_file{};
  bool replace = false;  // a database that is there goes aside
  identity::Actor actor{};
};

[[nodiscard]] ApiResult<Json> restore(const RestoreOptions& options);

}  // namespace tg::admin
