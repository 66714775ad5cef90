// SPDX-License-Identifier: Apache-2.0
#include "identity/end_keys.h"

#include <nlohmann/json.hpp>

#include "identity/rows.h"

namespace tg::identity {

Result<std::vector<KeyId>> end_keys(soci::session& session, const KeysToEnd& keys,
                                    const Actor& actor, WallTime now) {
  auto values = keys.values;
  values.insert(values.begin(), keys.organization_id.text());
  const auto ids =
      select_rows<TextRow>(session,
                           "SELECT id FROM api_keys WHERE organization_id = :organization"
                           " AND revoked_unix_ms IS NULL AND " +
                               keys.condition + " ORDER BY id",
                           values);
  const long long now_ms = to_unix_ms(now);
  const auto detail = nlohmann::json{{"reason", keys.reason}}.dump();
  std::vector<KeyId> ended;
  for (const auto& id : ids) {
    session << "UPDATE api_keys SET revoked_unix_ms = :now, revoke_reason = :reason"
               " WHERE id = :id",
        soci::use(now_ms), soci::use(keys.reason), soci::use(id);
    TG_TRY_DONE(append_audit(session, actor,
                             {.action = "api_key.deleted",
                              .target = id,
                              .organization_id = keys.organization_id.text(),
                              .detail = detail},
                             now));
    ended.emplace_back(id);
  }
  return ended;
}

Result<std::vector<KeyId>> end_keys_out_of_reach(soci::session& session,
                                                 const OrganizationId& organization_id,
                                                 const UserId& user_id, const Actor& actor,
                                                 WallTime now) {
  return end_keys(
      session,
      {.organization_id = organization_id,
       .condition =
           "user_id = :user AND project_id IS NOT NULL"
           " AND NOT EXISTS (SELECT 1 FROM memberships m WHERE m.user_id = api_keys.user_id"
           " AND m.organization_id = api_keys.organization_id AND m.role = 'owner')"
           " AND NOT EXISTS (SELECT 1 FROM project_members m WHERE m.user_id = api_keys.user_id"
           " AND m.project_id = api_keys.project_id)"
           " AND NOT EXISTS (SELECT 1 FROM group_members m"
           " JOIN project_groups g ON g.group_id = m.group_id"
           " WHERE m.user_id = api_keys.user_id AND g.project_id = api_keys.project_id)",
       .values = {user_id.text()},
       .reason = "owner no longer in the project"},
      actor, now);
}

}  // namespace tg::identity
