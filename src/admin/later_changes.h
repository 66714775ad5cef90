// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

#include "admin/api_error.h"
#include "base/clock.h"
#include "identity/restored_keys.h"

// Reads an export of the audit log for what changed since a backup.
//
// Threading:  pure, but for the disk.
// Limits:     lines of 256 KiB, as many as there are.
// Errors:     kCorrupt with the line's number; kConflict where it ends before the backup was made.
namespace tg::admin {

struct LaterChanges {
  std::vector<identity::LaterChange> changes;
  WallTime until;  // the newest entry's time
};
[[nodiscard]] ApiResult<LaterChanges> read_later_changes(const std::filesystem::path& file,
                                                         WallTime backup_at);

}  // namespace tg::admin
