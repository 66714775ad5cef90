// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

#include "admin/api_error.h"
#include "base/clock.h"
#include "base/secret_bytes.h"
#include "identity/restored_keys.h"

// Reads an export of the audit log for what changed since a backup. Its chains and seals are proved
// first: an entry that was taken out would let a revoked key live.
//
// Threading:  pure, but for the disk.
// Limits:     as audit_export.h.
// Errors:     kCorrupt with the first finding; kConflict where it is one organization's, or ends
//             before the backup was made.
namespace tg::admin {

struct LaterChanges {
  std::vector<identity::LaterChange> changes;
  WallTime until;  // the newest entry's time
};
[[nodiscard]] ApiResult<LaterChanges> read_later_changes(const std::filesystem::path& file,
                                                         const SecretBytes& pepper,
                                                         WallTime backup_at);

}  // namespace tg::admin
