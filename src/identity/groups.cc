// SPDX-License-Identifier: Apache-2.0
#include "identity/groups.h"

#include <nlohmann/json.hpp>

#include "identity/end_keys.h"
#include "identity/member_row.h"
#include "identity/page_rows.h"
#include "identity/people.h"

namespace tg::identity {
namespace {

constexpr long long kGroupsMax = 1000;

struct GroupRow {
  std::string id, organization_id;
  Group group;
  long long created_unix_ms = 0;

  void bind(soci::statement& select) {
    select.exchange(soci::into(id));
    select.exchange(soci::into(organization_id));
    select.exchange(soci::into(group.name));
    select.exchange(soci::into(created_unix_ms));
  }
  [[nodiscard]] Group item() const {
    return {.id = GroupId{id},
            .organization_id = OrganizationId{organization_id},
            .name = group.name,
            .created_at = from_unix_ms(created_unix_ms)};
  }
};

constexpr const char* kSelect =
    "SELECT g.id, g.organization_id, g.name, g.created_unix_ms FROM user_groups g WHERE ";
constexpr PageColumns kPageColumns{
    .time = "g.created_unix_ms",
    .id = "g.id",
    .cursor =
        "SELECT created_unix_ms FROM user_groups WHERE id = :id AND organization_id = "
        ":organization",
};

std::vector<Group> select_groups(soci::session& session, const std::string& condition,
                                 const std::vector<std::string>& values) {
  return select_rows<GroupRow>(session, kSelect + condition + " ORDER BY g.created_unix_ms, g.id",
                               values);
}

constexpr const char* kSelectMembers =
    "SELECT u.id, o.organization_id, u.email, u.name, o.role, m.created_unix_ms"
    " FROM group_members m JOIN users u ON u.id = m.user_id"
    " JOIN memberships o ON o.user_id = m.user_id"
    " WHERE m.group_id = :group AND o.organization_id = ";
constexpr PageColumns kMemberColumns{
    .time = "m.created_unix_ms",
    .id = "m.user_id",
    .cursor =
        "SELECT created_unix_ms FROM group_members WHERE user_id = :user AND group_id = :group",
};

std::vector<Member> select_group_members(soci::session& session, const GroupId& id,
                                         const UserId& user_id) {
  return select_rows<MemberRow>(
      session,
      std::string{kSelectMembers} +
          "(SELECT organization_id FROM user_groups WHERE id = :same) AND m.user_id = :user",
      {id.text(), id.text(), user_id.text()});
}

Result<void> check_name(soci::session& session, const OrganizationId& organization_id,
                        const std::string& name) {
  if (!is_display_name(name)) {
    return fail(Code::kFieldInvalid, "a group's name must be 1 to 256 bytes of plain text");
  }
  const bool taken = count_rows(session,
                                "SELECT count(*) FROM user_groups"
                                " WHERE organization_id = :organization AND name = :name",
                                {organization_id.text(), name}) > 0;
  if (taken) return fail(Code::kConflict, "another group of the organization has this name");
  return {};
}

Result<void> append(soci::session& session, const Actor& actor, const char* action,
                    const Group& group, const nlohmann::json& detail, WallTime now) {
  return append_audit(session, actor,
                      {.action = action,
                       .target = group.id.text(),
                       .organization_id = group.organization_id.text(),
                       .detail = detail.dump()},
                      now);
}

// After the group's places are gone: what nobody reaches any more.
Result<std::vector<KeyId>> end_keys_of(soci::session& session, const Group& group,
                                       const std::vector<UserId>& users, const Actor& actor,
                                       WallTime now) {
  std::vector<KeyId> all;
  for (const auto& user : users) {
    TG_TRY(const auto ended,
           end_keys_out_of_reach(session, group.organization_id, user, actor, now));
    all.insert(all.end(), ended.begin(), ended.end());
  }
  return all;
}

}  // namespace

Result<Group> read_group(soci::session& session, const GroupId& id) {
  auto found = select_groups(session, "g.id = :id", {id.text()});
  if (found.empty()) return fail(Code::kNotFound, "there is no such group");
  return std::move(found.front());
}

std::vector<Group> groups_of_member(soci::session& session, const OrganizationId& organization_id,
                                    const UserId& user_id) {
  return select_groups(session,
                       "g.organization_id = :organization AND g.id IN"
                       " (SELECT group_id FROM group_members WHERE user_id = :user)",
                       {organization_id.text(), user_id.text()});
}

std::vector<UserId> members_of_group(soci::session& session, const GroupId& id) {
  std::vector<UserId> users;
  for (auto& user : select_rows<TextRow>(
           session, "SELECT user_id FROM group_members WHERE group_id = :group", {id.text()})) {
    users.emplace_back(std::move(user));
  }
  return users;
}

Result<PageOf<Group>> page_of_groups(store::Database& database,
                                     const OrganizationId& organization_id, const PageQuery& page) {
  return read_page_of<GroupRow>(database,
                                std::string{kSelect} + "g.organization_id = :organization",
                                {organization_id.text()}, kPageColumns, page);
}

Result<Group> find_group(store::Database& database, const GroupId& id) {
  Group group;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(group, read_group(session, id));
    return {};
  }));
  return group;
}

Result<Group> create_group(store::Database& database, const OrganizationId& organization_id,
                           const std::string& name, const Actor& actor, WallTime now) {
  Group group{
      .id = make_group_id(), .organization_id = organization_id, .name = name, .created_at = now};
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    TG_TRY_DONE(check_name(session, organization_id, name));
    const auto groups = count_rows(
        session, "SELECT count(*) FROM user_groups WHERE organization_id = :organization",
        {organization_id.text()});
    if (groups >= kGroupsMax)
      return fail(Code::kConflict, "an organization has 1,000 groups at most");
    const long long now_ms = to_unix_ms(now);
    session << "INSERT INTO user_groups (id, organization_id, name, created_unix_ms)"
               " VALUES (:id, :organization, :name, :now)",
        soci::use(group.id.text()), soci::use(organization_id.text()), soci::use(name),
        soci::use(now_ms);
    return append(session, actor, "group.created", group, {{"data", {{"group_name", name}}}}, now);
  }));
  return group;
}

Result<Group> rename_group(store::Database& database, const GroupId& id, const std::string& name,
                           const Actor& actor, WallTime now) {
  Group group;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    TG_TRY(group, read_group(session, id));
    if (group.name == name) return {};
    TG_TRY_DONE(check_name(session, group.organization_id, name));
    const nlohmann::json detail{{"changes_requested", {{"group_name", name}}},
                                {"before", {{"group_name", group.name}}}};
    group.name = name;
    execute(session, "UPDATE user_groups SET name = :name WHERE id = :id", {name, id.text()});
    return append(session, actor, "group.updated", group, detail, now);
  }));
  return group;
}

Result<std::vector<KeyId>> delete_group(store::Database& database, const GroupId& id,
                                        const Actor& actor, WallTime now) {
  std::vector<KeyId> ended;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    TG_TRY(const auto group, read_group(session, id));
    const auto users = members_of_group(session, id);
    for (const auto* statement : {"DELETE FROM role_assignments WHERE principal_id = :id",
                                  "DELETE FROM project_groups WHERE group_id = :id",
                                  "DELETE FROM group_members WHERE group_id = :id",
                                  "DELETE FROM user_groups WHERE id = :id"}) {
      execute(session, statement, {id.text()});
    }
    TG_TRY_DONE(append(session, actor, "group.deleted", group, {{"group_name", group.name}}, now));
    TG_TRY(ended, end_keys_of(session, group, users, actor, now));
    return {};
  }));
  return ended;
}

Result<PageOf<Member>> page_of_group_members(store::Database& database, const Group& group,
                                             const PageQuery& page) {
  return read_page_of<MemberRow>(database, std::string{kSelectMembers} + ":organization",
                                 {group.id.text(), group.organization_id.text()}, kMemberColumns,
                                 page);
}

Result<Member> find_group_member(store::Database& database, const GroupId& id,
                                 const UserId& user_id) {
  std::vector<Member> found;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    found = select_group_members(session, id, user_id);
    return {};
  }));
  if (found.empty()) return fail(Code::kNotFound, "there is no such user in this group");
  return std::move(found.front());
}

Result<void> add_group_member(store::Database& database, const Group& group, const UserId& user_id,
                              const Actor& actor, WallTime now) {
  return database.write([&](soci::session& session) -> Result<void> {
    TG_TRY_DONE(read_member(session, group.organization_id, user_id));
    if (!select_group_members(session, group.id, user_id).empty()) {
      return fail(Code::kConflict, "this person is in the group already");
    }
    const long long now_ms = to_unix_ms(now);
    session << "INSERT INTO group_members (group_id, user_id, created_unix_ms)"
               " VALUES (:group, :user, :now)",
        soci::use(group.id.text()), soci::use(user_id.text()), soci::use(now_ms);
    return append(session, actor, "tollgate.group.user.added", group,
                  {{"data", {{"user_id", user_id.text()}}}}, now);
  });
}

Result<std::vector<KeyId>> remove_group_member(store::Database& database, const Group& group,
                                               const UserId& user_id, const Actor& actor,
                                               WallTime now) {
  std::vector<KeyId> ended;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    if (select_group_members(session, group.id, user_id).empty()) {
      return fail(Code::kNotFound, "there is no such user in this group");
    }
    execute(session, "DELETE FROM group_members WHERE group_id = :group AND user_id = :user",
            {group.id.text(), user_id.text()});
    TG_TRY_DONE(append(session, actor, "tollgate.group.user.deleted", group,
                       {{"user_id", user_id.text()}}, now));
    TG_TRY(ended, end_keys_of(session, group, {user_id}, actor, now));
    return {};
  }));
  return ended;
}

}  // namespace tg::identity
