// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "admin/test_instance.h"

namespace tg::admin {
namespace {

class AlertOperationsTest : public TestInstance {
 protected:
  AlertOperationsTest() { make_owner(); }

  std::string project_id() { return run("list_projects").value()["data"][0]["id"]; }
  Json on_project() {
    return {{"scope", "project"},
            {"id", project_id()},
            {"usd", "100"},
            {"recipients", Json::array({"ops@example.org"})}};
  }
  std::string limit_id(const Json& more) {
    Json limit{{"scope", "project"}, {"id", project_id()}};
    limit.update(more);
    return run("set_limit", limit).value()["id"];
  }
  Json add(const Json& arguments) { return run("add_alert", arguments).value(); }
  Json listed() { return run("list_alerts").value()["data"]; }
  std::string fault_of(std::string_view operation, const Json& arguments) {
    const auto done = run(operation, arguments);
    return done ? "accepted" : done.error().param;
  }
};

TEST_F(AlertOperationsTest, ThresholdIsAddedChangedListedAndRemoved) {
  const auto made = add(on_project());
  EXPECT_EQ(made["kind"], "spend");
  EXPECT_EQ(made["amount_nanousd"], 100'000'000'000);
  EXPECT_TRUE(made["last_sent"].is_null() && made["percents"].is_null());
  const auto changed = run("update_alert", {{"id", made["id"]}, {"usd", "7.25"}}).value();
  EXPECT_EQ(changed["amount_nanousd"], 7'250'000'000);
  EXPECT_EQ(changed["recipients"], made["recipients"]);
  EXPECT_EQ(listed(), Json::array({changed}));
  EXPECT_TRUE(run("remove_alert", {{"id", made["id"]}}).value()["deleted"].get<bool>());
  EXPECT_TRUE(listed().empty());
}

TEST_F(AlertOperationsTest, PercentagesStandWithTheirLimit) {
  const auto id = limit_id({{"usd", "50"}, {"per", "day"}, {"time_zone", "Europe/Berlin"}});
  const auto made = add({{"limit_id", id}, {"percents", Json::array({100, 50})}});
  EXPECT_EQ(made["kind"], "limit");
  EXPECT_EQ(made["percents"], Json::array({50, 100}));
  EXPECT_EQ(made["amount_nanousd"], 50'000'000'000);
  EXPECT_EQ(made["per"], "day");
  EXPECT_EQ(made["time_zone"], "Europe/Berlin");
  EXPECT_TRUE(made["recipients"].empty());
  ASSERT_TRUE(run("remove_limit", {{"id", id}}).has_value());
  EXPECT_TRUE(listed().empty());
}

TEST_F(AlertOperationsTest, TheTwoKindsAreNotMixed) {
  const auto id = limit_id({{"usd", "50"}, {"per", "day"}});
  auto both = on_project();
  both["limit_id"] = id;
  EXPECT_EQ(fault_of("add_alert", both), "scope");
  auto percents = on_project();
  percents["percents"] = Json::array({50});
  EXPECT_EQ(fault_of("add_alert", percents), "percents");
  const auto of_limit = add({{"limit_id", id}, {"percents", Json::array({50})}});
  EXPECT_EQ(fault_of("update_alert", {{"id", of_limit["id"]}, {"usd", "5"}}), "usd");
  const auto of_project = add(on_project());
  EXPECT_EQ(fault_of("update_alert", {{"id", of_project["id"]}, {"percents", Json::array({5})}}),
            "percents");
}

TEST_F(AlertOperationsTest, ThresholdAlwaysHasSomebodyToTell) {
  const auto made = add(on_project());
  const Json nobody{{"id", made["id"]}, {"recipients", Json::array()}};
  EXPECT_FALSE(run("update_alert", nobody).has_value());
  EXPECT_EQ(listed()[0]["recipients"], made["recipients"]);
}

TEST_F(AlertOperationsTest, AnotherOrganizationsAlertsAndLimitsAreNotFound) {
  const auto made = add(on_project());
  const auto id = limit_id({{"usd", "50"}, {"per", "day"}});
  auto stranger = command_line_caller();
  stranger.organization_id = OrganizationId{"org-another"};
  const auto code_of = [&](std::string_view operation, const Json& arguments) {
    const auto done = operations_->run(operation, arguments, stranger);
    return done ? Code::kInternal : done.error().code;
  };
  EXPECT_EQ(code_of("update_alert", {{"id", made["id"]}, {"usd", "1"}}), Code::kNotFound);
  EXPECT_EQ(code_of("remove_alert", {{"id", made["id"]}}), Code::kNotFound);
  EXPECT_EQ(code_of("add_alert", on_project()), Code::kNotFound);
  EXPECT_EQ(code_of("add_alert", {{"limit_id", id}, {"percents", Json::array({50})}}),
            Code::kNotFound);
  EXPECT_TRUE(operations_->run("list_alerts", Json::object(), stranger).value()["data"].empty());
}

TEST_F(AlertOperationsTest, WithoutAMailServerTheListSaysSo) {
  EXPECT_EQ(run("list_alerts").value()["mail_is_configured"], false);
}

}  // namespace
}  // namespace tg::admin
