// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <span>

#include "identity/departure.h"
#include "identity/limit_pages.h"
#include "identity/pages.h"
#include "identity/test_instance.h"
#include "store/test_reads.h"

// A page costs the same of many rows as of few, wherever it stands, by what the database does for
// it; and without its index it would not, so that the count is seen to grow.
namespace tg::identity {
namespace {

constexpr int kFew = 60;
constexpr int kMany = 3'000;
constexpr std::size_t kLimit = 10;
// What may be more on one page than on another: a plan for the last rows, a node more of an index.
constexpr long long kLeast = 100;

struct Ids {
  std::vector<std::string> ids;
  bool has_more = false;
};

template <typename Item, typename IdOf>
Ids ids_of(const Result<PageOf<Item>>& page, IdOf id_of) {
  TG_CHECK(page.has_value());
  Ids found{.ids = {}, .has_more = page->has_more};
  for (const auto& item : page->items) found.ids.push_back(std::string{id_of(item)});
  return found;
}
template <typename Item>
Ids ids_of(const Result<PageOf<Item>>& page) {
  return ids_of(page, [](const Item& item) { return item.id.text(); });
}

std::string id_of_owned(const OwnedKey& key) { return key.info.id.text(); }

OrganizationId organization(const std::string& size) { return OrganizationId{"org-" + size}; }
ProjectId project(const std::string& size) { return ProjectId{"proj-" + size}; }
Group group(const std::string& size) {
  return {.id = GroupId{"group-" + size + "-1"},
          .organization_id = organization(size),
          .name = {},
          .created_at = {}};
}
UserId user(const std::string& size, int number) {
  return UserId{fmt::format("user-{}-{}", size, number)};
}

// `size` is "few" or "many": whose list it is.
using ReadPage = Ids(store::Database&, const std::string& size, const PageQuery&);

struct List {
  const char* name;
  ReadPage* read;
  std::vector<const char*> indexes;  // without which it is slow
};

const std::array kLists =
    std::to_array<List>(
        {
            {"members",
             [](store::Database& database, const std::string& size, const PageQuery& page) {
               return ids_of(page_of_members(database, organization(size), page));
             },
             {"memberships_by_age"}},
            {"members by address",
             [](store::Database& database, const std::string& size, const PageQuery& page) {
               std::vector<std::string> emails;
               for (int i = 1; i <= 50; ++i)
                 emails.push_back(fmt::format("{}{}@example.net", size, i));
               return ids_of(page_of_members(database, organization(size), page, emails));
             },
             {}},
            {"project members",
             [](store::Database& database, const std::string& size, const PageQuery& page) {
               return ids_of(page_of_project_members(database, project(size), page),
                             [](const ProjectMember& member) { return member.user_id.text(); });
             },
             {"project_members_by_age"}},
            {"project keys",
             [](store::Database& database, const std::string& size, const PageQuery& page) {
               return ids_of(page_of_project_keys(database, project(size), page), id_of_owned);
             },
             {"alive_keys_of_projects"}},
            {"admin keys",
             [](store::Database& database, const std::string& size, const PageQuery& page) {
               return ids_of(page_of_admin_keys(database, organization(size), page), id_of_owned);
             },
             {"alive_admin_keys"}},
            {"somebody's keys",
             [](store::Database& database, const std::string& size, const PageQuery& page) {
               return ids_of(page_of_keys(database,
                                          {.organization_id = organization(size),
                                           .owner_id = user(size, 1),
                                           .revoked_too = true},
                                          page));
             },
             {"keys_of_people"}},
            {"child keys",
             [](store::Database& database, const std::string& size, const PageQuery& page) {
               return ids_of(page_of_keys(database,
                                          {.organization_id = organization(size),
                                           .parent_id = KeyId{"parent-" + size},
                                           .revoked_too = true},
                                          page));
             },
             {}},
            {"a project's keys of every state",
             [](store::Database& database, const std::string& size, const PageQuery& page) {
               return ids_of(page_of_keys(database,
                                          {.organization_id = organization(size),
                                           .project_id = project(size),
                                           .revoked_too = true},
                                          page));
             },
             {"api_keys_by_project"}},
            {"all keys",
             [](store::Database& database, const std::string& size, const PageQuery& page) {
               return ids_of(page_of_keys(
                   database, {.organization_id = organization(size), .revoked_too = true}, page));
             },
             {"api_keys_by_organization"}},
            {"active projects",
             [](store::Database& database, const std::string& size, const PageQuery& page) {
               return ids_of(page_of_projects(database, organization(size), page, false));
             },
             {"active_projects"}},
            {"all projects",
             [](store::Database& database, const std::string& size, const PageQuery& page) {
               return ids_of(page_of_projects(database, organization(size), page, true));
             },
             {"projects_by_age"}},
            {"service accounts",
             [](store::Database& database, const std::string& size, const PageQuery& page) {
               return ids_of(page_of_service_accounts(database, project(size), page));
             },
             {"alive_service_accounts"}},
            {"invites",
             [](store::Database& database, const std::string& size, const PageQuery& page) {
               return ids_of(page_of_invites(database, organization(size), page));
             },
             {"invites_by_age"}},
            {"groups",
             [](store::Database& database, const std::string& size, const PageQuery& page) {
               return ids_of(page_of_groups(database, organization(size), page));
             },
             {"user_groups_by_age"}},
            {"group members",
             [](store::Database& database, const std::string& size, const PageQuery& page) {
               return ids_of(page_of_group_members(database, group(size), page));
             },
             {"group_members_by_age"}},
            {"project groups",
             [](store::Database& database, const std::string& size, const PageQuery& page) {
               return ids_of(page_of_project_groups(database, project(size), page),
                             [](const ProjectGroup& each) { return each.group.id.text(); });
             },
             {"project_groups_by_age"}},
            {"somebody's roles",
             [](store::Database& database, const std::string& size, const PageQuery& page) {
               return ids_of(page_of_user_roles(database, {.organization_id = organization(size)},
                                                user(size, 1), page),
                             [](const AssignedRole& assigned) { return assigned.role.id.text(); });
             },
             {"group_members_by_user"}},
            {"a group's roles",
             [](store::Database& database, const std::string& size, const PageQuery& page) {
               return ids_of(page_of_group_roles(database, {.organization_id = organization(size)},
                                                 group(size).id, page),
                             [](const AssignedRole& assigned) { return assigned.role.id.text(); });
             },
             {}},
            {"limits",
             [](store::Database& database, const std::string& size, const PageQuery& page) {
               return ids_of(
                   page_of_limits(database, {.organization_id = organization(size).text()}, page),
                   [](const LimitRecord& limit) { return limit.rule.id; });
             },
             {"limits_by_target"}},
            {"somebody's organizations",
             [](store::Database& database, const std::string& size, const PageQuery& page) {
               return ids_of(page_of_organizations_of(database, user(size, 0), page));
             },
             {"memberships_by_user"}},
            {"all organizations",
             [](store::Database& database, const std::string& /*size*/, const PageQuery& page) {
               return ids_of(page_of_organizations(database, page));
             },
             {"organizations_by_age"}},
        });

// {size} "few" or "many", {rows} so many, numbered by `i`; the older half of what can end has.
constexpr auto kFill = std::to_array<const char*>({
    // Among the others where no page is asked for: an organization's people are counted.
    "organizations (id, name, created_unix_ms) SELECT 'org-{size}', 'O', 300",
    "projects (id, organization_id, name, created_unix_ms)"
    " SELECT 'proj-{size}', 'org-{size}', 'P', 999999",
    "users (id, email, email_folded, name, password_hash, created_unix_ms) {numbers}"
    " SELECT 'user-{size}-' || i, 'e', '{size}' || i || '@example.net', 'U', '!', i FROM n",
    "users (id, email, email_folded, name, password_hash, created_unix_ms)"
    " SELECT 'user-{size}-0', 'e', '{size}0@example.net', 'U', '!', 1",
    "memberships (organization_id, user_id, role, created_unix_ms) {numbers}"
    " SELECT 'org-{size}', 'user-{size}-' || i, 'reader', i / 3 FROM n",
    "project_members (project_id, user_id, role, created_unix_ms) {numbers}"
    " SELECT 'proj-{size}', 'user-{size}-' || i, 'member', i / 3 FROM n",
    "projects (id, organization_id, name, created_unix_ms, archived_unix_ms) {numbers}"
    " SELECT 'proj-{size}-' || i, 'org-{size}', 'P', i / 3, {ended} FROM n",
    "service_accounts (id, project_id, name, created_unix_ms, deleted_unix_ms) {numbers}"
    " SELECT 'robot-{size}-' || i, 'proj-{size}', 'S', i / 3, {ended} FROM n",
    "invites (id, organization_id, email, email_folded, role, projects, token_hash, inviter_id,"
    " created_unix_ms, expires_unix_ms) {numbers}"
    " SELECT 'invite-{size}-' || i, 'org-{size}', 'e', 'e', 'reader', '[]', '{size}' || i,"
    " 'user-{size}-1', i / 3, 1 FROM n",
    "user_groups (id, organization_id, name, created_unix_ms) {numbers}"
    " SELECT 'group-{size}-' || i, 'org-{size}', 'G' || i, i / 3 FROM n",
    "group_members (group_id, user_id, created_unix_ms) {numbers}"
    " SELECT 'group-{size}-1', 'user-{size}-' || i, i / 3 FROM n",
    "project_groups (project_id, group_id, created_unix_ms) {numbers}"
    " SELECT 'proj-{size}', 'group-{size}-' || i, i / 3 FROM n",
    // Made by many, given to everybody one by one, and all of them to the group that all are in.
    "roles (id, organization_id, name, permissions, created_by, created_unix_ms, updated_unix_ms)"
    " {numbers} SELECT 'role-{size}-' || i, 'org-{size}', 'R' || i, 'api.users.read',"
    " 'user-{size}-' || i, i, i FROM n WHERE i <= 20",
    "role_assignments (organization_id, principal_id, role_id, created_unix_ms) {numbers}"
    " SELECT 'org-{size}', 'user-{size}-' || i, 'role-{size}-' || (1 + i % 20), i FROM n",
    "role_assignments (organization_id, principal_id, role_id, created_unix_ms) {numbers}"
    " SELECT 'org-{size}', 'group-{size}-1', 'role-{size}-' || i, i FROM n WHERE i <= 20",
    // The first 20 are one person's, and of one parent.
    "api_keys (id, kind, name, redacted, digest, organization_id, project_id, user_id,"
    " parent_id, created_unix_ms, revoked_unix_ms) {numbers}"
    " SELECT 'key-{size}-' || i, 'project', 'K', 'r', 'd', 'org-{size}', 'proj-{size}',"
    " CASE WHEN i <= 20 THEN 'user-{size}-1' ELSE 'user-{size}-2' END,"
    " CASE WHEN i <= 20 THEN 'parent-{size}' ELSE NULL END, i / 3, {ended} FROM n",
    "api_keys (id, kind, name, redacted, digest, organization_id, user_id, created_unix_ms,"
    " revoked_unix_ms) {numbers}"
    " SELECT 'admin-{size}-' || i, 'admin', 'K', 'r', 'd', 'org-{size}', 'user-{size}-2', i / 3,"
    " {ended} FROM n",
    // Those of either stand among the other's.
    "limits (id, scope, target_id, organization_id, metric, period, window_kind, time_zone, model,"
    " amount, hard, trusts_upstream, created_unix_ms, updated_unix_ms) {numbers}"
    " SELECT 'limit-{size}-' || i, 'key', 'key-' || i || '-{size}', 'org-{size}', 'money',"
    " 'month', 'calendar', 'UTC', '', 1, 1, 1, i, i FROM n",
    "organizations (id, name, created_unix_ms) {numbers} SELECT 'org-{size}-' || i, 'O', i / 3 "
    "FROM n",
    "memberships (organization_id, user_id, role, created_unix_ms) {numbers}"
    " SELECT 'org-{size}-' || i, 'user-{size}-0', 'reader', i / 3 FROM n",
});

class PageCostsTest : public TestInstance {
 protected:
  PageCostsTest() {
    fill("few", kFew);
    fill("many", kMany);
    // PostgreSQL plans by what it knows of tables, and learns that by itself within a minute.
    if (store::TestFolder::is_on_postgresql()) run_sql("ANALYZE");
  }

  void fill(const std::string& size, int rows) {
    const auto numbers = fmt::format(
        "WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL"
        " SELECT i + 1 FROM n WHERE i < {})",
        rows);
    const auto ended = fmt::format("CASE WHEN i <= {} THEN 5 ELSE NULL END", rows / 2);
    for (const auto* statement : kFill) {
      run_sql("INSERT INTO " + fmt::format(fmt::runtime(statement), fmt::arg("size", size),
                                           fmt::arg("numbers", numbers), fmt::arg("ended", ended)));
    }
  }

  long long cost(const List& list, const std::string& size, const PageQuery& page) {
    return counter_.count([&] { list.read(database(), size, page); });
  }

  std::vector<std::string> walk(const List& list, const std::string& size, bool newest_first) {
    PageQuery page{.limit = 1'000, .newest_first = newest_first};
    std::vector<std::string> all;
    for (;;) {
      auto found = list.read(database(), size, page);
      all.insert(all.end(), found.ids.begin(), found.ids.end());
      if (!found.has_more) return all;
      page.after = all.back();
    }
  }

  store::ReadCounter counter_{database()};
};

TEST_F(PageCostsTest, AreTheSameOfManyRowsAsOfFew) {
  for (const auto& list : kLists) {
    for (const bool newest_first : {false, true}) {
      PageQuery page{.limit = kLimit, .newest_first = newest_first};
      const auto few = cost(list, "few", page);
      const auto all = walk(list, "many", newest_first);
      for (const auto place : {std::size_t{0}, all.size() / 2, all.size() - 1}) {
        page.after = place == 0 ? "" : all[place - 1];
        EXPECT_LE(cost(list, "many", page), 3 * few + kLeast)
            << list.name << " at " << place << " of " << all.size();
      }
    }
  }
}

TEST_F(PageCostsTest, WouldGrowWithoutTheIndex) {
  for (const auto& list : kLists) {
    if (list.indexes.empty()) continue;
    const PageQuery page{
        .limit = kLimit,
        .newest_first = list.indexes.front() == std::string_view{"keys_of_people"}};
    const auto few = cost(list, "few", page);
    const auto many = cost(list, "many", page);
    for (const auto* index : list.indexes) run_sql(std::string{"DROP INDEX "} + index);
    const bool grows = cost(list, "many", page) > 5 * many || cost(list, "few", page) > 5 * few;
    EXPECT_TRUE(grows) << list.name;
  }
}

TEST_F(PageCostsTest, TakeAsManyStatementsForManyItemsAsForTwo) {
  if (store::TestFolder::is_on_postgresql()) GTEST_SKIP() << "PostgreSQL does not count them";
  for (const auto& list : kLists) {
    const auto statements = [&](std::size_t limit) {
      return counter_.count_statements(
          [&] { list.read(database(), "many", {.limit = limit, .newest_first = false}); });
    };
    EXPECT_EQ(statements(50), statements(2)) << list.name;
  }
}

// Somebody or something of an organization goes: the `number`th of them.
struct Goodbye {
  const char* name;
  bool (*happen)(store::Database&, const std::string& size, int number);
  const char* index;  // without which it is slow
};

const std::array kGoodbyes = std::to_array<Goodbye>({
    {"a member, whose heir is named",
     [](store::Database& database, const std::string& size, int number) {
       return remove_member(database, organization(size), user(size, number), user(size, 3), {}, {})
           .has_value();
     },
     "project_members_by_user"},
    {"a member, whose heir is found",
     [](store::Database& database, const std::string& size, int number) {
       return remove_member(database, organization(size), user(size, number), {}, {}, {})
           .has_value();
     },
     "owners_by_age"},
    {"a service account",
     [](store::Database& database, const std::string& size, int number) {
       const ServiceAccountId id{fmt::format("robot-{}-{}", size, number)};
       return delete_service_account(database, id, {}, {}).has_value();
     },
     "keys_of_service_accounts"},
});

TEST_F(PageCostsTest, WhoGoesCostsTheSameAmongManyAsAmongFew) {
  int gone = 0;
  const auto cost_of = [&](const Goodbye& goodbye, const std::string& size, int rows) {
    const int last = rows - gone++;
    return counter_.count([&] { EXPECT_TRUE(goodbye.happen(database(), size, last)); });
  };
  std::vector<long long> costs;
  for (const auto& goodbye : kGoodbyes) {
    const auto few = cost_of(goodbye, "few", kFew);
    costs.push_back(cost_of(goodbye, "many", kMany));
    // Far less than one table's rows.
    EXPECT_LE(costs.back(), 3 * few + kMany / 10) << goodbye.name;
  }
  for (std::size_t i = 0; i < kGoodbyes.size(); ++i) {
    run_sql(std::string{"DROP INDEX "} + kGoodbyes[i].index);
    EXPECT_GT(cost_of(kGoodbyes[i], "many", kMany), 5 * costs[i]) << kGoodbyes[i].name;
  }
}

}  // namespace
}  // namespace tg::identity
