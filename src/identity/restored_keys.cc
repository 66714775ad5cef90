// SPDX-License-Identifier: Apache-2.0
#include "identity/restored_keys.h"

#include <soci/soci.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "identity/departure.h"
#include "identity/organizations.h"

namespace tg::identity {
namespace {

const std::string kHold = kRestoreHold;

// Each ends every key of what it names: a key with its children, a project, an account. The keys of
// a person who left have an entry each.
constexpr auto kRevocations = std::to_array<std::string_view>(
    {"api_key.deleted", "project.archived", "service_account.deleted"});

bool is_revocation(std::string_view action) {
  return std::ranges::find(kRevocations, action) != kRevocations.end();
}

bool changes_a_key(std::string_view action) {
  const bool of_key = action.starts_with("api_key.") || action.starts_with("tollgate.api_key.");
  return of_key && !action.ends_with(".created") && !is_revocation(action);
}

std::int64_t run(soci::statement& update) {
  update.execute(true);
  return std::max(0LL, update.get_affected_rows());
}

std::int64_t revoke_all_of(soci::session& session, const std::string& target, long long now_ms) {
  soci::statement update =
      (session.prepare << "UPDATE api_keys SET revoked_unix_ms = :now,"
                          " revoke_reason = 'revoked after the backup'"
                          " WHERE revoked_unix_ms IS NULL AND (id = :t1 OR parent_id = :t2"
                          " OR project_id = :t3 OR service_account_id = :t4)",
       soci::use(now_ms), soci::use(target), soci::use(target), soci::use(target),
       soci::use(target));
  return run(update);
}

// What is gone besides its keys.
void end_target(soci::session& session, const LaterChange& change, long long now_ms) {
  if (change.action == "project.archived") {
    session << "UPDATE projects SET archived_unix_ms = :now WHERE id = :id"
               " AND archived_unix_ms IS NULL AND is_default = 0",
        soci::use(now_ms), soci::use(change.target);
  } else if (change.action == "service_account.deleted") {
    session << "UPDATE service_accounts SET deleted_unix_ms = :now WHERE id = :id"
               " AND deleted_unix_ms IS NULL",
        soci::use(now_ms), soci::use(change.target);
  }
}

std::int64_t hold(soci::session& session, const std::string& key_id, long long now_ms) {
  soci::statement update =
      (session.prepare << "UPDATE api_keys SET paused_unix_ms = :now, pause_reason = :reason"
                          " WHERE id = :id AND revoked_unix_ms IS NULL AND paused_unix_ms IS NULL",
       soci::use(now_ms), soci::use(kHold), soci::use(key_id));
  return run(update);
}

std::int64_t count_alive(soci::session& session) {
  long long alive = 0;
  session << "SELECT count(*) FROM api_keys WHERE revoked_unix_ms IS NULL"
             " AND paused_unix_ms IS NULL",
      soci::into(alive);
  return alive;
}

std::vector<KeyId> held_keys(soci::session& session) {
  std::vector<KeyId> held;
  std::string id;
  soci::statement select =
      (session.prepare << "SELECT id FROM api_keys WHERE pause_reason = :reason"
                          " AND paused_unix_ms IS NOT NULL AND revoked_unix_ms IS NULL ORDER BY id",
       soci::use(kHold), soci::into(id));
  select.execute();
  while (select.fetch()) held.emplace_back(id);
  return held;
}

Result<void> replay(soci::session& session, const LaterChange& change, bool is_later, WallTime now,
                    RestoredKeys& keys) {
  const long long now_ms = to_unix_ms(now);
  if (is_revocation(change.action)) {
    keys.revoked += revoke_all_of(session, change.target, now_ms);
    end_target(session, change, now_ms);
  } else if (change.action == "user.deleted" && is_later) {
    repeat_departure(session, OrganizationId{change.organization_id}, UserId{change.target});
  } else if (change.action == "tollgate.organization.deleted" && is_later) {
    const auto revoked = delete_without_audit(session, OrganizationId{change.target}, now);
    if (!revoked && revoked.error().code != Code::kNotFound)
      return std::unexpected(revoked.error());
    if (revoked) keys.revoked += static_cast<std::int64_t>(revoked->size());
  } else if (changes_a_key(change.action) && is_later) {
    keys.on_hold += hold(session, change.target, now_ms);
  }
  return {};
}

}  // namespace

Result<RestoredKeys> replay_changes(store::Database& database,
                                    const std::vector<LaterChange>& changes, WallTime backup_at,
                                    WallTime now) {
  RestoredKeys keys;
  const auto backup_ms = to_unix_ms(backup_at);
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    for (const auto& change : changes) {
      if (change.target.empty()) continue;
      TG_TRY_DONE(replay(session, change, change.unix_ms >= backup_ms, now, keys));
    }
    keys.alive = count_alive(session);
    return {};
  }));
  return keys;
}

Result<RestoredKeys> hold_all_keys(store::Database& database, WallTime now) {
  RestoredKeys keys;
  const long long now_ms = to_unix_ms(now);
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    soci::statement update =
        (session.prepare << "UPDATE api_keys SET paused_unix_ms = :now, pause_reason = :reason"
                            " WHERE revoked_unix_ms IS NULL AND paused_unix_ms IS NULL",
         soci::use(now_ms), soci::use(kHold));
    keys.on_hold = run(update);
    return {};
  }));
  return keys;
}

Result<std::vector<KeyId>> release_held_keys(store::Database& database, const Actor& actor,
                                             WallTime now) {
  std::vector<KeyId> released;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    released = held_keys(session);
    if (released.empty()) return {};
    session << "UPDATE api_keys SET paused_unix_ms = NULL, pause_reason = ''"
               " WHERE pause_reason = :reason AND revoked_unix_ms IS NULL",
        soci::use(kHold);
    return append_audit(session, actor,
                        {.action = "tollgate.restore.keys_confirmed",
                         .detail = "{\"keys\":" + std::to_string(released.size()) + "}"},
                        now);
  }));
  return released;
}

Result<void> end_all_sessions(store::Database& database) {
  return database.write([](soci::session& session) -> Result<void> {
    session << "DELETE FROM sessions";
    return {};
  });
}

}  // namespace tg::identity
