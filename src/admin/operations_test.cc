// SPDX-License-Identifier: Apache-2.0
#include "admin/operations.h"

#include <gtest/gtest.h>

#include "admin/test_instance.h"
#include "identity/audit.h"
#include "keys/key_format.h"

namespace tg::admin {
namespace {

using OperationsTest = TestInstance;

TEST_F(OperationsTest, UnknownOperationsAndFieldsAreRefusedByName) {
  EXPECT_EQ(run("make_coffee").error().code, Code::kNotFound);
  const auto refused = run("create_key", {{"naem", "x"}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().param, "naem");
  EXPECT_NE(refused.error().message.find("name, kind, project_id"), std::string::npos);
}

TEST_F(OperationsTest, WithoutAnOwnerAKeySaysHowToGetOne) {
  const auto refused = run("create_key", {{"name", "x"}});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("tollgate init"), std::string::npos);
}

TEST_F(OperationsTest, ThereIsOneFirstOwner) {
  make_owner();
  EXPECT_EQ(
      run("init_owner", {{"email", "b@example.org"}, {"password", kTestPassword}}).error().code,
      Code::kConflict);
  EXPECT_EQ(run("create_setup_link").error().code, Code::kConflict);
}

TEST_F(OperationsTest, WeakPasswordIsRefusedWithItsField) {
  const auto refused = run("init_owner", {{"email", kTestEmail}, {"password", "short"}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kFieldInvalid);
  EXPECT_EQ(refused.error().param, "password");
}

TEST_F(OperationsTest, KeyIsShownOnceAndNeverListed) {
  make_owner();
  const auto created = run("create_key", {{"name", "laptop"}}).value();
  const auto key = created["value"].get<std::string>();
  EXPECT_TRUE(keys::parse_key(key));
  const auto listed = run("list_keys").value();
  ASSERT_EQ(listed["data"].size(), 1);
  EXPECT_FALSE(listed["data"][0].contains("value"));
  EXPECT_EQ(listed.dump().find(key), std::string::npos);
  EXPECT_EQ(listed["data"][0]["redacted_value"], keys::redact_key(key));
}

TEST_F(OperationsTest, RunningServerHearsOfEachChange) {
  make_owner();
  const auto created = run("create_key", {{"name", "laptop"}}).value();
  const KeyId id{created["id"].get<std::string>()};
  EXPECT_EQ(live_.changed, std::vector{id});
  ASSERT_TRUE(run("revoke_key", {{"id", id.text()}}));
  EXPECT_EQ(live_.revoked, std::vector{id});
  ASSERT_TRUE(run("set_successor", {{"retired", "gpt-4"}, {"successor", "m"}}));
  EXPECT_EQ(live_.route_changes, 1);
}

TEST_F(OperationsTest, ProviderThatCannotBeReachedIsAddedWithAWarning) {
  make_owner();
  // Port 9 of this machine: nobody listens on discard.
  const auto added = run("add_provider", {{"name", "down"},
                                          {"base_url", "http://127.0.0.1:9/v1"},
                                          {"credential", "planted-secret-4711"}});
  ASSERT_TRUE(added) << added.error().message;
  EXPECT_TRUE(added->contains("warning"));
  EXPECT_FALSE(added->value("default_models", Json::object()).empty());
  EXPECT_EQ(added->dump().find("planted-secret"), std::string::npos);
  EXPECT_EQ(run("list_providers").value()["data"].size(), 1);
  EXPECT_FALSE(run("test_provider", {{"name", "down"}}).value()["ok"].get<bool>());
  EXPECT_TRUE(run("remove_provider", {{"name", "down"}}));
  EXPECT_TRUE(run("list_providers").value()["data"].empty());
}

TEST_F(OperationsTest, EachChangeLeavesAnAuditRecordWithItsActor) {
  make_owner();
  const auto key = run("create_key", {{"name", "laptop"}}).value();
  ASSERT_TRUE(run("revoke_key", {{"id", key["id"]}}));
  ASSERT_TRUE(run("set_default_model", {{"endpoint", "/v1/embeddings"}, {"model", "m"}}));
  const auto records = identity::list_audit(*database_);
  ASSERT_TRUE(records);
  EXPECT_EQ(records->size(), 4);
  for (const auto& record : *records) EXPECT_EQ(record.actor.kind, identity::ActorKind::kCli);
}

TEST_F(OperationsTest, OtherOrganizationsThingsAreNotFound) {
  make_owner();
  const auto key = run("create_key", {{"name", "laptop"}}).value();
  auto stranger = command_line_caller();
  stranger.user_id = UserId{"user-else"};
  stranger.organization_id = OrganizationId{"org-else"};
  stranger.is_operator = false;
  EXPECT_EQ(operations_->run("revoke_key", {{"id", key["id"]}}, stranger).error().code,
            Code::kNotFound);
  EXPECT_EQ(operations_->run("list_providers", Json::object(), stranger).error().code,
            Code::kForbidden);
  EXPECT_TRUE(operations_->run("list_keys", Json::object(), stranger).value()["data"].empty());
}

TEST_F(OperationsTest, UsageOfAnEmptyLedgerIsZeroAndDaysAreChecked) {
  const auto usage = run("usage").value();
  EXPECT_EQ(usage["totals"]["calls"], 0);
  EXPECT_TRUE(usage["groups"].empty());
  for (const auto* day :
       {"yesterday", "2026-13-01", "2026-02-30", "0001-01-01", "2026-11-24T00:00"}) {
    EXPECT_EQ(run("usage", {{"from", day}}).error().param, "from") << day;
  }
  EXPECT_EQ(run("usage", {{"from", "2026-11-24"}, {"to", "2026-11-23"}}).error().param, "to");
  EXPECT_EQ(run("usage", {{"step", "fortnight"}}).error().param, "step");
  EXPECT_EQ(run("usage", {{"step", "minute"}, {"from", "2026-01-01"}}).error().param, "step");
  EXPECT_EQ(run("usage", {{"by", {"colour"}}}).error().param, "by");
  EXPECT_EQ(run("usage", {{"time_zone", "Mars/Olympus"}}).error().param, "time_zone");
  EXPECT_EQ(run("usage", {{"limit", 0}}).error().param, "limit");
  EXPECT_EQ(run("usage", {{"points", "some"}}).error().param, "points");
  const auto day = run("usage", {{"from", "2026-10-25"},
                                 {"to", "2026-10-25"},
                                 {"time_zone", "Europe/Berlin"},
                                 {"step", "hour"}});
  ASSERT_TRUE(day) << day.error().message;
  EXPECT_EQ(day.value()["points"].size(), 25U) << "summer time ends";
}

TEST_F(OperationsTest, DoctorTellsAllSevenThings) {
  const auto findings = run("doctor", {{"listen", "127.0.0.1:8080"}}).value();
  EXPECT_EQ(findings["checks"].size(), 7);
}

}  // namespace
}  // namespace tg::admin
