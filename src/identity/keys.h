// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "identity/audit.h"
#include "keys/digest.h"
#include "keys/key_format.h"
#include "keys/key_table.h"
#include "store/database.h"

// Secret keys as the database knows them: everything but the key itself, of which there is only a
// digest and a redacted form.
//
// Threading:  any control thread.
// Limits:     names as is_display_name() in people.h.
// Errors:     kNotFound, kFieldInvalid.
namespace tg::identity {

struct KeyInfo {
  KeyId id;
  keys::KeyKind kind = keys::KeyKind::kProject;
  std::string name;
  std::string redacted;  // "sk-tg-proj-...wxyz"
  ProjectId project_id;  // empty for admin keys, as its name
  std::string project_name;
  OrganizationId organization_id;
  std::string owner_id;  // a user or a service account
  std::string owner_name;
  WallTime created_at;
  std::optional<WallTime> last_used_at;
  std::optional<WallTime> revoked_at;
  std::string revoke_reason;
};

struct NewKey {
  keys::KeyKind kind = keys::KeyKind::kProject;
  std::string name;
  OrganizationId organization_id{};  // for admin keys; else the project's counts
  ProjectId project_id{};            // ignored for admin keys
  UserId user_id{};                  // whose it is; for service accounts, who makes it
  // For kServiceAccount: an account of the project, or empty to make one with the key's name.
  ServiceAccountId service_account_id{};
  keys::Digest digest{};
  std::string redacted{};
};

struct CreatedKey {
  KeyInfo info;
  keys::KeyRecord record;  // for the key table
};

[[nodiscard]] Result<CreatedKey> create_key(store::Database& database, const NewKey& key,
                                            const Actor& actor, WallTime now = wall_now());

struct KeyQuery {
  OrganizationId organization_id;
  std::optional<ProjectId> project_id{};
  bool include_revoked = false;
  int rows_max = 10'000;
};
// The newest first.
[[nodiscard]] Result<std::vector<KeyInfo>> list_keys(store::Database& database,
                                                     const KeyQuery& query);
[[nodiscard]] Result<KeyInfo> find_key(store::Database& database, const KeyId& id);

struct RevokedKey {
  KeyInfo info;
  bool was_alive = false;  // false: it had been revoked before, and nothing has changed
};
[[nodiscard]] Result<RevokedKey> revoke_key(store::Database& database, const KeyId& id,
                                            const std::string& reason, const Actor& actor,
                                            WallTime now = wall_now());

// Every key that is alive; what the key table is filled with at start.
[[nodiscard]] Result<std::vector<keys::KeyRecord>> load_keys(store::Database& database);

struct KeyUse {
  KeyId id;
  std::int64_t unix_ms = 0;
};
// Never moves a key's last use back. Not a change by someone, so not in the audit log.
[[nodiscard]] Result<void> touch_last_used(store::Database& database,
                                           const std::vector<KeyUse>& uses);

}  // namespace tg::identity
