// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "identity/audit.h"
#include "store/database.h"

// A restore never revives a key. What was revoked since the backup is revoked again where the audit
// log tells; a key of which it cannot be told is put on hold: paused, until a person says that it
// is to open again.
//
// Threading:  any control thread; nobody else has the database, but for release_held_keys().
// Errors:     kDatabase.
namespace tg::identity {

inline constexpr auto kRestoreHold = "on hold since a restore";

// One entry of the audit log.
struct LaterChange {
  std::string action;
  std::string target;
  std::int64_t unix_ms = 0;
  std::string organization_id{};
};

struct RestoredKeys {
  std::int64_t revoked = 0;
  std::int64_t on_hold = 0;
  std::int64_t alive = 0;  // that are neither revoked nor paused
};

// Revocations hold whenever they were made, and so do what ends keys along with others: whoever
// left is gone again, an archived project is archived, a deleted organization deleted. Other
// changes of keys since the backup (a rotation, a pause, a narrower restriction) put the key on
// hold, since the backup's key is not the one that people left.
[[nodiscard]] Result<RestoredKeys> replay_changes(store::Database& database,
                                                  const std::vector<LaterChange>& changes,
                                                  WallTime backup_at, WallTime now = wall_now());
// All that are alive and not paused.
[[nodiscard]] Result<RestoredKeys> hold_all_keys(store::Database& database,
                                                 WallTime now = wall_now());

// Ends every hold that a restore made. One that a person made stays.
[[nodiscard]] Result<std::vector<KeyId>> release_held_keys(store::Database& database,
                                                           const Actor& actor,
                                                           WallTime now = wall_now());

// Sessions of before the backup open nothing any more: people sign in again.
[[nodiscard]] Result<void> end_all_sessions(store::Database& database);

}  // namespace tg::identity
