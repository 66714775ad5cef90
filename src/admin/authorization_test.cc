// SPDX-License-Identifier: Apache-2.0
#include "admin/authorization.h"

#include <soci/soci.h>

#include "admin/console_api.h"
#include "admin/new_key.h"
#include "admin/operation_context.h"
#include "admin/test_instance.h"
#include "identity/members.h"
#include "identity/project_members.h"

// The rule itself, and that the router and the handlers keep to it. What each route asks for is
// tests/test_authorization.py.
namespace tg::admin {
namespace {

class AuthorizationTest : public TestInstance {
 protected:
  struct Answer {
    int status;
    Json body;
  };

  AuthorizationTest() {
    const auto owner = make_owner();
    owner_id_ = UserId{owner["user"]["id"].get<std::string>()};
    organization_ = OrganizationId{owner["organization"]["id"].get<std::string>()};
    project_ = owner["project"]["id"].get<std::string>();
    owner_key_ = admin_key(owner_id_);
    reader_id_ = add("grace@example.org");
    reader_key_ = admin_key(reader_id_);
  }

  UserId add(const std::string& email, const OrganizationId& organization = {}) {
    return identity::add_member(*database_, organization.empty() ? organization_ : organization,
                                {.email = email,
                                 .password_hash = "a hash",
                                 .projects = {std::vector<identity::ProjectRole>{}}},
                                {})
        .value()
        .id;
  }

  std::string admin_key(const UserId& user, const OrganizationId& organization = {}) {
    const auto made = make_new_key(
        operations_->context(),
        {.key = {.kind = keys::KeyKind::kAdmin,
                 .name = "admin",
                 .organization_id = organization.empty() ? organization_ : organization,
                 .user_id = user}},
        command_line_caller());
    return std::string{made.value().key.reveal()};
  }

  Answer ask(const std::string& key, std::string method, std::string path,
             const Json& body = nullptr) {
    http::Request request;
    request.method = std::move(method);
    request.path = "/v1/" + std::move(path);
    request.peer_address = "127.0.0.1";
    request.fields = {{"Host", "127.0.0.1:8080"}, {"Authorization", "Bearer " + key}};
    if (!body.is_null()) {
      request.body = body.dump();
      request.fields.push_back({"Content-Type", "application/json"});
    }
    const auto response = plane_.handle(request);
    return {response.status, Json::parse(response.body)};
  }

  std::string make_role(const Json& permissions, const std::string& name = "custom") {
    const auto made = ask(owner_key_, "POST", "organization/roles",
                          {{"role_name", name}, {"permissions", permissions}});
    EXPECT_EQ(made.status, 200) << made.body;
    return made.body["id"].get<std::string>();
  }
  std::string make_group(const std::string& name) {
    return ask(owner_key_, "POST", "organization/groups", {{"name", name}})
        .body["id"]
        .get<std::string>();
  }
  void give(const std::string& role) {
    const auto given = ask(owner_key_, "POST", "organization/users/" + reader_id_.text() + "/roles",
                           {{"role_id", role}});
    ASSERT_EQ(given.status, 200) << given.body;
  }

  ControlPlane plane_{*operations_, {}};
  UserId owner_id_;
  UserId reader_id_;
  OrganizationId organization_;
  std::string project_;
  std::string owner_key_;
  std::string reader_key_;
};

TEST_F(AuthorizationTest, ACustomRoleAddsToThePredefinedOneUntilItIsTakenAway) {
  EXPECT_EQ(ask(reader_key_, "GET", "organization/admin_api_keys").status, 401);
  const auto role = make_role({"api.admin_api_keys.read"});
  give(role);
  EXPECT_EQ(ask(reader_key_, "GET", "organization/admin_api_keys").status, 200);
  EXPECT_EQ(ask(reader_key_, "POST", "organization/admin_api_keys", {{"name", "x"}}).status, 401);
  EXPECT_EQ(ask(reader_key_, "GET", "organization/users").status, 200);
  const auto path = "organization/users/" + reader_id_.text() + "/roles/" + role;
  EXPECT_EQ(ask(owner_key_, "DELETE", path).status, 200);
  EXPECT_EQ(ask(reader_key_, "GET", "organization/admin_api_keys").status, 401);
}

TEST_F(AuthorizationTest, ARoleComesAndGoesWithAGroup) {
  const auto role = make_role({"api.admin_api_keys.read"});
  const auto group = "organization/groups/" + make_group("support");
  EXPECT_EQ(ask(owner_key_, "POST", group + "/roles", {{"role_id", role}}).status, 200);
  EXPECT_EQ(ask(reader_key_, "GET", "organization/admin_api_keys").status, 401);
  EXPECT_EQ(ask(owner_key_, "POST", group + "/users", {{"user_id", reader_id_.text()}}).status,
            200);
  EXPECT_EQ(ask(reader_key_, "GET", "organization/admin_api_keys").status, 200);
  EXPECT_EQ(ask(owner_key_, "DELETE", group + "/users/" + reader_id_.text()).status, 200);
  EXPECT_EQ(ask(reader_key_, "GET", "organization/admin_api_keys").status, 401);
}

TEST_F(AuthorizationTest, ADemotedOwnersKeyIsAReadersAtOnce) {
  const auto path = "organization/users/" + reader_id_.text();
  EXPECT_EQ(ask(owner_key_, "POST", path, {{"role", "owner"}}).status, 200);
  EXPECT_EQ(ask(reader_key_, "GET", "organization/admin_api_keys").status, 200);
  EXPECT_EQ(ask(owner_key_, "POST", path, {{"role", "reader"}}).status, 200);
  EXPECT_EQ(ask(reader_key_, "GET", "organization/admin_api_keys").status, 401);
}

TEST_F(AuthorizationTest, AProjectsOwnerOwnsThatProjectAlone) {
  ASSERT_TRUE(
      identity::add_project_member(*database_, ProjectId{project_}, reader_id_, "owner", {}));
  const auto other =
      ask(owner_key_, "POST", "organization/projects", {{"name", "other"}}).body["id"];
  const std::string mine = "organization/projects/" + project_;
  const std::string theirs = "organization/projects/" + other.get<std::string>();
  EXPECT_EQ(ask(reader_key_, "GET", mine + "/api_keys").status, 200);
  EXPECT_EQ(ask(reader_key_, "POST", mine, {{"name", "renamed"}}).status, 200);
  EXPECT_EQ(ask(reader_key_, "GET", theirs + "/api_keys").status, 401);
  EXPECT_EQ(ask(reader_key_, "POST", theirs, {{"name", "renamed"}}).status, 401);
  EXPECT_EQ(ask(reader_key_, "POST", "organization/projects", {{"name", "x"}}).status, 401);
}

TEST_F(AuthorizationTest, NobodyHandsOutWhatTheyLack) {
  give(
      make_role({"api.roles.write", "api.groups.write", "api.users.write",
                 "api.organization.projects.users.write", "api.organization.projects.groups.write"},
                "manager"));
  const auto mighty = make_role({"api.audit_logs.read"}, "mighty");
  const auto self = "organization/users/" + reader_id_.text();
  const auto refused = [&](const std::string& path, const Json& body) {
    const auto answer = ask(reader_key_, "POST", path, body);
    EXPECT_EQ(answer.status, 401) << path << answer.body;
    EXPECT_NE(answer.body.dump().find("more than they have"), std::string::npos) << answer.body;
  };
  refused("organization/roles",
          {{"role_name", "x"}, {"permissions", {"api.roles.read", "api.audit_logs.read"}}});
  refused("organization/roles/" + mighty,
          {{"permissions", {"api.audit_logs.read", "api.audit_logs.write"}}});
  refused(self, {{"role", "owner"}});
  refused(self, {{"role_id", "role_organization_owner"}});
  refused(self, {{"role_id", mighty}});
  refused(self + "/roles", {{"role_id", mighty}});
  refused(self + "/roles", {{"role_id", "role_organization_owner"}});
  refused("organization/projects/" + project_ + "/users",
          {{"user_id", reader_id_.text()}, {"role", "owner"}});

  const auto group = make_group("mighty ones");
  const auto path = "organization/groups/" + group;
  refused("organization/projects/" + project_ + "/groups",
          {{"group_id", group}, {"role", "role_project_owner"}});
  ask(owner_key_, "POST", path + "/roles", {{"role_id", mighty}});
  refused(path + "/users", {{"user_id", reader_id_.text()}});
  // What they have they can give.
  EXPECT_EQ(ask(reader_key_, "POST", "organization/roles",
                {{"role_name", "y"}, {"permissions", {"api.roles.write"}}})
                .status,
            200);
  EXPECT_EQ(ask(reader_key_, "POST", "organization/roles/" + mighty,
                {{"permissions", {"api.audit_logs.read", "api.groups.write"}}})
                .status,
            200);
}

TEST_F(AuthorizationTest, AGroupsRolesInAProjectAreHandedOutLikeOthers) {
  give(make_role({"api.groups.write"}, "manager"));
  const auto group = make_group("project owners");
  EXPECT_EQ(ask(owner_key_, "POST", "organization/projects/" + project_ + "/groups",
                {{"group_id", group}, {"role", "role_project_owner"}})
                .status,
            200);
  const auto path = "organization/groups/" + group + "/users";
  EXPECT_EQ(ask(reader_key_, "POST", path, {{"user_id", reader_id_.text()}}).status, 401);
  ASSERT_TRUE(
      identity::add_project_member(*database_, ProjectId{project_}, reader_id_, "owner", {}));
  EXPECT_EQ(ask(reader_key_, "POST", path, {{"user_id", reader_id_.text()}}).status, 200);
}

TEST_F(AuthorizationTest, NobodyChangesOrRemovesWhoHasMore) {
  give(make_role({"api.users.write"}, "manager"));
  const auto second = add("ada.lovelace@example.org");
  const auto path = "organization/users/" + second.text();
  ask(owner_key_, "POST", path, {{"role", "owner"}});
  EXPECT_EQ(ask(reader_key_, "DELETE", path).status, 401);
  EXPECT_EQ(ask(reader_key_, "POST", path, {{"role", "reader"}}).status, 401);
  ask(owner_key_, "POST", path, {{"role", "reader"}});
  EXPECT_EQ(ask(reader_key_, "DELETE", path).status, 200);
}

TEST_F(AuthorizationTest, AnotherOrganizationsOwnerFindsNothingOfThisOne) {
  (void)database_->write([](soci::session& session) -> Result<void> {
    session << "INSERT INTO organizations (id, name, created_unix_ms) VALUES ('org-b', 'B', 1)";
    session << "INSERT INTO projects (id, organization_id, name, is_default, created_unix_ms)"
               " VALUES ('proj_b', 'org-b', 'B', 1, 1)";
    return {};
  });
  const OrganizationId other{"org-b"};
  const auto stranger = add("mallory@example.org", other);
  ASSERT_TRUE(identity::set_member_role(*database_, other, stranger, "owner", {}));
  const auto key = admin_key(stranger, other);
  const auto role = make_role({"api.groups.read"});
  const auto group = make_group("support");
  for (const auto& path :
       {"organization/users/" + owner_id_.text(), "organization/groups/" + group,
        "organization/groups/" + group + "/users", "organization/roles/" + role,
        "organization/projects/" + project_ + "/users", "projects/" + project_ + "/roles",
        "organization/users/" + owner_id_.text() + "/roles",
        "tollgate/users/" + owner_id_.text() + "/departure"}) {
    EXPECT_EQ(ask(key, "GET", path).status, 404) << path;
  }
  EXPECT_EQ(ask(key, "POST", "organization/projects/proj_b/users",
                {{"user_id", owner_id_.text()}, {"role", "member"}})
                .status,
            404);
  EXPECT_EQ(ask(key, "POST", "organization/projects/proj_b/groups",
                {{"group_id", group}, {"role", "member"}})
                .status,
            404);
}

TEST_F(AuthorizationTest, ALeaversKeyIsOneThatNobodyKnows) {
  ASSERT_EQ(ask(owner_key_, "DELETE", "organization/users/" + reader_id_.text()).status, 200);
  const auto answer = ask(reader_key_, "GET", "organization/users");
  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(answer.body["error"]["code"], "invalid_api_key");
  EXPECT_EQ(live_.revoked.size(), 1U);
}

TEST_F(AuthorizationTest, OnlyAnOperatorsRolesReachTheInstance) {
  const auto answer = ask(owner_key_, "POST", "organization/roles",
                          {{"role_name", "x"}, {"permissions", {"api.instance.write"}}});
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.body["error"]["param"], "permissions");
  const auto caller = make_caller(
      *database_, {.user_id = owner_id_, .organization_id = organization_, .is_operator = true});
  EXPECT_TRUE(caller.value().permissions.has({Resource::kInstance, Access::kWrite}));
}

TEST_F(AuthorizationTest, AMemberMakesKeysWhereTheyWorkAndNoOthers) {
  const auto create = [&](const std::string& kind) {
    return ask(reader_key_, "POST", "tollgate/keys",
               {{"name", "a key"}, {"kind", kind}, {"project_id", project_}})
        .status;
  };
  EXPECT_EQ(create("project"), 403);
  ASSERT_TRUE(
      identity::add_project_member(*database_, ProjectId{project_}, reader_id_, "member", {}));
  EXPECT_EQ(create("project"), 201);
  EXPECT_EQ(create("service-account"), 403);
  EXPECT_EQ(create("admin"), 403);
  const auto shown = ask(reader_key_, "GET", "tollgate/keys").body["data"];
  for (const auto& key : shown) EXPECT_EQ(key["owner_id"], reader_id_.text());
  EXPECT_EQ(shown.size(), 2U);
}

}  // namespace
}  // namespace tg::admin
