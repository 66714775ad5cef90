// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "identity/audit.h"
#include "identity/key_restrictions.h"
#include "keys/digest.h"
#include "keys/key_format.h"
#include "keys/key_table.h"
#include "store/database.h"

// Secret keys as the database knows them: everything but the key itself, of which there is only a
// digest and a redacted form.
//
// Threading:  any control thread.
// Limits:     names as is_display_name() in people.h; notes ≤ 1,024 bytes; ≤ 1,000 children alive
//             of one key; ≤ 1,000 networks remembered of one.
// Errors:     kNotFound, kFieldInvalid, kConflict (it is revoked, its project archived).
namespace tg::identity {

inline constexpr int kChildKeysMax = 1000;

struct KeyInfo {
  KeyId id;
  keys::KeyKind kind = keys::KeyKind::kProject;
  std::string name;
  std::string note;
  std::string redacted;  // "sk-tg-proj-...wxyz"
  ProjectId project_id;  // empty for admin keys, as its name
  std::string project_name;
  OrganizationId organization_id;
  std::string owner_id;  // a user or a service account
  std::string owner_name;
  KeyId parent_id;  // empty but for child keys
  KeyRestrictions restrictions;
  WallTime created_at;
  std::optional<WallTime> expires_at;
  std::optional<WallTime> paused_at;
  std::string pause_reason;  // empty: a person paused it
  std::optional<WallTime> rotated_at;
  std::optional<WallTime> last_used_at;  // of its present secret
  std::string last_address;
  std::string last_client;
  std::optional<WallTime> revoked_at;
  std::string revoke_reason;
};

struct NewKey {
  keys::KeyKind kind = keys::KeyKind::kProject;
  std::string name;
  std::string note{};
  OrganizationId organization_id{};  // for admin keys; else the project's counts
  ProjectId project_id{};            // ignored for admin keys
  UserId user_id{};                  // whose it is; for service accounts, who makes it
  // For kServiceAccount: an account of the project, or empty to make one with the key's name.
  ServiceAccountId service_account_id{};
  KeyId parent_id{};
  KeyRestrictions restrictions{};
  std::optional<WallTime> expires_at{};
  keys::Digest digest{};
  std::string redacted{};
};

// A key as it has become, and what the key table must know of it.
struct ChangedKey {
  KeyInfo info;
  keys::KeyRecord record;
};

[[nodiscard]] Result<ChangedKey> create_key(store::Database& database, const NewKey& key,
                                            const Actor& actor, WallTime now = wall_now());

[[nodiscard]] Result<KeyInfo> find_key(store::Database& database, const KeyId& id);

// What is absent stays as it is. A key that is revoked stays as it is; one that has expired can
// only be revoked.
struct KeyUpdate {
  std::optional<std::string> name{};
  std::optional<std::string> note{};
  std::optional<KeyRestrictions> restrictions{};
  std::optional<std::optional<WallTime>> expires_at{};
  std::optional<bool> paused{};
};
[[nodiscard]] Result<ChangedKey> update_key(store::Database& database, const KeyId& id,
                                            const KeyUpdate& update, const Actor& actor,
                                            WallTime now = wall_now());

struct Rotation {
  keys::Digest digest{};
  std::string redacted;
  std::chrono::seconds grace{0};  // how long the secret until now still opens the key
};
// A second secret under the same id. At most two open a key: a third ends the oldest.
[[nodiscard]] Result<ChangedKey> rotate_key(store::Database& database, const KeyId& id,
                                            const Rotation& rotation, const Actor& actor,
                                            WallTime now = wall_now());
// Before its grace has passed. kNotFound: the key has no such former secret that still opens it.
[[nodiscard]] Result<ChangedKey> end_former_secret(store::Database& database, const KeyId& id,
                                                   const std::string& secret_id, const Actor& actor,
                                                   WallTime now = wall_now());

struct FormerSecret {
  std::string id;
  std::string redacted;
  WallTime created_at;
  WallTime ends_at;
  std::optional<WallTime> last_used_at;
  std::string last_address;
  std::string last_client;
};
// The newest first, those that have ended too; at most 20.
[[nodiscard]] Result<std::vector<FormerSecret>> list_former_secrets(store::Database& database,
                                                                    const KeyId& id);

struct RevokedKey {
  KeyInfo info;
  bool was_alive = false;       // false: it had been revoked before, and nothing has changed
  std::vector<KeyId> children;  // which went with it
};
// Never undone. Its children go with it.
[[nodiscard]] Result<RevokedKey> revoke_key(store::Database& database, const KeyId& id,
                                            const std::string& reason, const Actor& actor,
                                            WallTime now = wall_now());

struct KeyNetwork {
  std::string network;  // "203.0.113.0/24"
  WallTime first_seen_at;
  WallTime last_seen_at;
};
// The last seen first.
[[nodiscard]] Result<std::vector<KeyNetwork>> list_key_networks(store::Database& database,
                                                                const KeyId& id);

// Calls `visit` with every key that is alive, parents before children; what the key table is filled
// with at start. Visits are made on another thread, one after the other, all before this returns:
// so a million keys are read and put into their table on two processors. A record is good until the
// visit returns.
using KeyVisit = std::function<void(const keys::KeyRecord&)>;
[[nodiscard]] Result<void> load_keys(store::Database& database, const KeyVisit& visit,
                                     WallTime now = wall_now());

struct KeyUse {
  KeyId id;
  keys::Digest digest{};  // of the secret that was used
  std::int64_t unix_ms = 0;
  std::string address;
  std::string client;
};
// Never moves a secret's last use back. Not a change by someone, so not in the audit log.
[[nodiscard]] Result<void> touch_last_used(store::Database& database,
                                           const std::vector<KeyUse>& uses);

struct KeySighting {
  KeyId id;
  std::string network;
};
// Where keys are used. A network that a key was never used from before, though from others, leaves
// a note in the audit log.
[[nodiscard]] Result<void> note_sightings(store::Database& database,
                                          const std::vector<KeySighting>& sightings,
                                          WallTime now = wall_now());

}  // namespace tg::identity
