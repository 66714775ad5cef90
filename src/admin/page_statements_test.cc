// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <soci/soci.h>

#include <array>

#include "admin/api_handlers.h"
#include "admin/test_instance.h"
#include "identity/people.h"
#include "store/test_reads.h"

// A page takes as many statements as its list needs, not as many as it has items: on PostgreSQL
// each is a way there and back. What a statement costs is counted in identity/page_costs_test.cc.
namespace tg::admin {
namespace {

constexpr int kItems = 40;
constexpr int kFewItems = 2;

// {organization}, {project}, {owner}; {numbers} gives `i`. Each item with somebody of its own.
constexpr auto kFill = std::to_array<const char*>({
    "users (id, email, email_folded, name, password_hash, created_unix_ms) {numbers}"
    " SELECT 'user-' || i, 'e', i || '@example.net', 'U', '!', i FROM n",
    "memberships (organization_id, user_id, role, created_unix_ms) {numbers}"
    " SELECT '{organization}', 'user-' || i, 'reader', i FROM n",
    "project_members (project_id, user_id, role, created_unix_ms) {numbers}"
    " SELECT '{project}', 'user-' || i, 'member', i FROM n",
    "api_keys (id, kind, name, redacted, digest, organization_id, project_id, user_id,"
    " created_unix_ms) {numbers} SELECT 'key_' || i, 'project', 'K', 'r', 'd', '{organization}',"
    " '{project}', 'user-' || i, i FROM n",
    "api_keys (id, kind, name, redacted, digest, organization_id, user_id, created_unix_ms)"
    " {numbers} SELECT 'admin_' || i, 'admin', 'K', 'r', 'd', '{organization}', 'user-' || i, i"
    " FROM n",
    "roles (id, organization_id, name, permissions, created_by, created_unix_ms, updated_unix_ms)"
    " {numbers} SELECT 'role_' || i, '{organization}', 'R' || i, 'api.users.read', 'user-' || i,"
    " i, i FROM n",
    "role_assignments (organization_id, principal_id, role_id, created_unix_ms) {numbers}"
    " SELECT '{organization}', '{owner}', 'role_' || i, i FROM n",
});

class PageStatementsTest : public TestInstance {
 protected:
  PageStatementsTest() {
    make_owner();
    owner_ = identity::find_owner(*database_).value();
    caller_ = command_line_caller();
    caller_.user_id = owner_.id;
    caller_.organization_id = owner_.organization_id;
    const auto numbers = fmt::format(
        "WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL"
        " SELECT i + 1 FROM n WHERE i < {})",
        kItems);
    const auto filled = database_->write([&](soci::session& session) -> Result<void> {
      for (const auto* statement : kFill) {
        session << "INSERT INTO " +
                       fmt::format(fmt::runtime(statement), fmt::arg("numbers", numbers),
                                   fmt::arg("organization", owner_.organization_id.text()),
                                   fmt::arg("project", owner_.default_project_id.text()),
                                   fmt::arg("owner", owner_.id.text()));
      }
      return {};
    });
    TG_CHECK(filled.has_value());
  }

  // Of a page of so many items.
  template <typename Ask>
  long long statements(int items, Ask ask) {
    return counter_.count_statements([&] {
      const ApiResult<Json> page = ask(items);
      ASSERT_TRUE(page.has_value());
      EXPECT_EQ((*page)["data"].size(), static_cast<std::size_t>(items));
    });
  }
  long long statements_of(ApiHandler* handler, const std::string& id, int items) {
    return statements(items, [&](int limit) {
      return handler(operations_->context(),
                     {.caller = caller_, .ids = {id}, .query = {{"limit", std::to_string(limit)}}});
    });
  }

  identity::User owner_;
  Caller caller_;
  store::ReadCounter counter_{*database_};
};

TEST_F(PageStatementsTest, OfTheAdminApiAreAsManyForAllItemsAsForTwo) {
  if (store::TestFolder::is_on_postgresql()) GTEST_SKIP() << "PostgreSQL does not count them";
  const auto project = owner_.default_project_id.text();
  const struct {
    const char* name;
    ApiHandler* handler;
    std::string id;
  } lists[] = {{"users", users_list, ""},
               {"project users", projects_users_list, project},
               {"project keys", projects_api_keys_list, project},
               {"admin keys", admin_api_keys_list, ""},
               {"somebody's roles", users_roles_list, owner_.id.text()}};
  for (const auto& list : lists) {
    EXPECT_EQ(statements_of(list.handler, list.id, kItems),
              statements_of(list.handler, list.id, kFewItems))
        << list.name;
  }
}

TEST_F(PageStatementsTest, OfOurKeysAreAsManyForAllAsForTwo) {
  if (store::TestFolder::is_on_postgresql()) GTEST_SKIP() << "PostgreSQL does not count them";
  const auto ask = [&](int limit) { return run("list_keys", {{"limit", limit}}); };
  EXPECT_EQ(statements(kItems, ask), statements(kFewItems, ask));
}

}  // namespace
}  // namespace tg::admin
