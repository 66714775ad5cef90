// SPDX-License-Identifier: Apache-2.0
#include "identity/departure.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "identity/end_keys.h"
#include "identity/pages.h"
#include "identity/rows.h"
#include "identity/user_row.h"

namespace tg::identity {
namespace {

constexpr const char* kLastOwner =
    "this is the organization's last owner; make another member owner first";
constexpr const char* kLastOperator =
    "this is the only operator of this Tollgate, and this is their only organization";

long long count_organizations(soci::session& session, const UserId& user_id) {
  return count_rows(session, "SELECT count(*) FROM memberships WHERE user_id = :user",
                    {user_id.text()});
}

// Null where nothing is in the way.
const char* obstacle_of(soci::session& session, const Member& member) {
  if (is_last_owner(session, member)) return kLastOwner;
  const bool is_operator =
      count_rows(session, "SELECT count(*) FROM users WHERE id = :id AND is_operator = 1",
                 {member.id.text()}) > 0;
  const bool is_needed =
      is_operator && count_operators(session) == 1 && count_organizations(session, member.id) == 1;
  return is_needed ? kLastOperator : nullptr;
}

// The one who has been there longest of those whom a condition leaves; empty: nobody.
std::string first_other(soci::session& session, const Member& member, const std::string& condition,
                        const std::vector<std::string>& more = {}) {
  std::vector<std::string> values{member.organization_id.text(), member.id.text()};
  values.insert(values.end(), more.begin(), more.end());
  const auto found =
      select_rows<TextRow>(session,
                           "SELECT user_id FROM memberships WHERE organization_id = :organization"
                           " AND user_id <> :leaver" +
                               condition + " ORDER BY created_unix_ms, user_id LIMIT 1",
                           values);
  return found.empty() ? "" : found.front();
}

std::string heir_of(soci::session& session, const Member& member, const UserId& wanted) {
  auto heir = first_other(session, member, " AND user_id = :wanted", {wanted.text()});
  if (heir.empty()) heir = first_other(session, member, " AND role = 'owner'");
  return heir.empty() ? first_other(session, member, "") : heir;
}

void hand_over_accounts(soci::session& session, const Member& member, const std::string& heir) {
  execute(session,
          "UPDATE service_accounts SET owner_user_id = :heir WHERE owner_user_id = :leaver"
          " AND EXISTS (SELECT 1 FROM projects p WHERE p.id = service_accounts.project_id"
          " AND p.organization_id = :organization)",
          {heir, member.id.text(), member.organization_id.text()});
}

void delete_places(soci::session& session, const Member& member) {
  const std::vector<std::string> values{member.id.text(), member.organization_id.text()};
  for (const auto* statement :
       {"DELETE FROM role_assignments WHERE principal_id = :user"
        " AND organization_id = :organization",
        "DELETE FROM group_members WHERE user_id = :user AND EXISTS (SELECT 1 FROM user_groups g"
        " WHERE g.id = group_members.group_id AND g.organization_id = :organization)",
        "DELETE FROM project_members WHERE user_id = :user AND EXISTS (SELECT 1 FROM projects p"
        " WHERE p.id = project_members.project_id AND p.organization_id = :organization)",
        "DELETE FROM memberships WHERE user_id = :user AND organization_id = :organization"}) {
    execute(session, statement, values);
  }
}

}  // namespace

Result<Departure> preview_departure(store::Database& database,
                                    const OrganizationId& organization_id, const UserId& user_id) {
  Departure departure;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(departure.member, read_member(session, organization_id, user_id));
    departure.projects = projects_of_member(session, organization_id, user_id);
    departure.groups = groups_of_member(session, organization_id, user_id);
    if (const auto* obstacle = obstacle_of(session, departure.member)) {
      departure.obstacle = obstacle;
    }
    return {};
  }));
  TG_TRY(auto keys,
         page_of_keys(database, {.organization_id = organization_id, .owner_id = user_id},
                      {.limit = kDepartureKeysMax, .newest_first = true}));
  departure.keys = std::move(keys.items);
  TG_TRY(departure.service_accounts, list_service_accounts_of(database, organization_id, user_id));
  return departure;
}

Result<Departed> remove_member(store::Database& database, const OrganizationId& organization_id,
                               const UserId& user_id, const UserId& heir, const Actor& actor,
                               WallTime now) {
  Departed departed;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    TG_TRY(departed.member, read_member(session, organization_id, user_id));
    if (const auto* obstacle = obstacle_of(session, departed.member)) {
      return fail(Code::kConflict, obstacle);
    }
    const auto new_owner = heir_of(session, departed.member, heir);
    hand_over_accounts(session, departed.member, new_owner);
    delete_places(session, departed.member);
    if (count_organizations(session, user_id) == 0) {
      execute(session, "DELETE FROM sessions WHERE user_id = :user", {user_id.text()});
    }
    const nlohmann::json detail{{"role", departed.member.role}, {"service_accounts_to", new_owner}};
    TG_TRY_DONE(append_audit(session, actor,
                             {.action = "user.deleted",
                              .target = user_id.text(),
                              .organization_id = organization_id.text(),
                              .detail = detail.dump()},
                             now));
    TG_TRY(departed.revoked, end_keys(session,
                                      {.organization_id = organization_id,
                                       .condition = "user_id = :user",
                                       .values = {user_id.text()},
                                       .reason = "owner left the organization"},
                                      actor, now));
    return {};
  }));
  return departed;
}

void repeat_departure(soci::session& session, const OrganizationId& organization_id,
                      const UserId& user_id) {
  const auto member = read_member(session, organization_id, user_id);
  if (!member) return;
  hand_over_accounts(session, *member, heir_of(session, *member, {}));
  delete_places(session, *member);
}

}  // namespace tg::identity
