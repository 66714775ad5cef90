// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "admin/test_instance.h"
#include "ledger/ledger_writer.h"

namespace tg::admin {
namespace {

constexpr std::int64_t kUsd = 1'000'000'000;

class LimitOperationsTest : public TestInstance {
 protected:
  LimitOperationsTest() : owner_{make_owner()}, key_{make_key("laptop")} {
    stopped_.emplace(*database_, *folder_, nullptr, OperationsOptions{});
  }

  Json make_key(const std::string& name) { return run("create_key", {{"name", name}}).value(); }

  // set_limit on the key unless `fields` say otherwise.
  ApiResult<Json> set(const Json& fields) {
    Json arguments{{"scope", "key"}, {"id", key_["id"]}};
    arguments.update(fields);
    return run("set_limit", arguments);
  }
  ApiResult<Json> run_stopped(std::string_view operation, const Json& arguments = Json::object()) {
    return stopped_->run(operation, arguments, command_line_caller());
  }
  Json listed(const Json& arguments = Json::object()) {
    return run("list_limits", arguments).value()["data"];
  }
  void expect_refused(const Json& fields, const std::string& param, const std::string& hint = "") {
    const auto refused = set(fields);
    ASSERT_FALSE(refused) << fields;
    EXPECT_EQ(refused.error().code, Code::kFieldInvalid) << fields;
    EXPECT_EQ(refused.error().param, param) << fields << refused.error().message;
    EXPECT_NE(refused.error().message.find(hint), std::string::npos) << refused.error().message;
  }

  // A member of the owner's organization, or somebody else.
  [[nodiscard]] Caller member(const std::string& organization_id) const {
    auto caller = command_line_caller();
    caller.organization_id = OrganizationId{organization_id};
    caller.user_id = UserId{"user-else"};
    caller.is_operator = false;
    caller.is_owner = false;
    caller.permissions = permissions_of_role("reader");
    return caller;
  }
  [[nodiscard]] std::string organization() const { return owner_["organization"]["id"]; }
  [[nodiscard]] std::string project() const { return owner_["project"]["id"]; }

  // A settled call of the key.
  void spend(std::uint64_t sequence, WallTime at, std::int64_t nanousd, std::int64_t tokens) {
    ledger::UsageEvent event{.id = {.epoch = 1, .worker = 0, .sequence = sequence},
                             .admission = {.at = at,
                                           .key_id = key_["id"].get<std::string>(),
                                           .owner_id = key_["owner_id"].get<std::string>(),
                                           .project_id = project(),
                                           .organization_id = organization(),
                                           .model = "gpt-5-mini",
                                           .upstream_model = "gpt-5-mini"},
                             .settlement = {}};
    event.settlement.charge = NanoUsd{nanousd};
    event.settlement.usage.input_text_tokens = tokens;
    ASSERT_TRUE(ledger::write_ledger(*database_, {.events = {event}, .positions = {}}));
  }

  const Json owner_;
  const Json key_;
  std::optional<Operations> stopped_;
};

TEST_F(LimitOperationsTest, LimitIsShownWithWhatTheServersMeterReads) {
  live_.resets_at = from_unix_ms(1'796'083'200'001);
  const auto limit =
      set({{"usd", "1.5"}, {"per", "month"}, {"time_zone", "Europe/Berlin"}}).value();
  const auto id = limit["id"].get<std::string>();
  EXPECT_TRUE(id.starts_with("limit_"));
  EXPECT_EQ(limit, (Json{{"object", "tollgate.limit"},
                         {"id", id},
                         {"scope", "key"},
                         {"target_id", key_["id"]},
                         {"target_name", "laptop"},
                         {"metric", "money"},
                         {"per", "month"},
                         {"window", "calendar"},
                         {"time_zone", "Europe/Berlin"},
                         {"model", nullptr},
                         {"amount", 1'500'000'000},
                         {"hard", true},
                         {"trusts_upstream", true},
                         {"set_by_owner", true},
                         {"spent", 700},
                         {"held", 40},
                         {"left", 1'500'000'000 - 740},
                         {"resets_at", 1'796'083'201},
                         {"limit_nanousd", 1'500'000'000},
                         {"spent_nanousd", 700},
                         {"held_nanousd", 40},
                         {"left_nanousd", 1'500'000'000 - 740}}));
  EXPECT_EQ(listed(), Json::array({limit}));
}

TEST_F(LimitOperationsTest, CountsAreNoMoneyAndTotalsNeverReset) {
  const auto limit = set({{"tokens", 1000}, {"soft", true}, {"trust_upstream", false}}).value();
  EXPECT_EQ(limit["metric"], "tokens");
  EXPECT_EQ(limit["per"], "total");
  EXPECT_EQ(limit["left"], 260);
  EXPECT_EQ(limit["hard"], false);
  EXPECT_EQ(limit["trusts_upstream"], false);
  EXPECT_TRUE(limit["resets_at"].is_null());
  EXPECT_FALSE(limit.contains("limit_nanousd"));
}

TEST_F(LimitOperationsTest, EveryScopeCanBeLimited) {
  const auto account =
      run("create_key", {{"name", "nightly"}, {"kind", "service-account"}}).value()["owner_id"];
  const std::pair<std::string, Json> targets[] = {{"key", key_["id"]},
                                                  {"user", owner_["user"]["id"]},
                                                  {"service_account", account},
                                                  {"project", project()},
                                                  {"organization", organization()}};
  for (const auto& [scope, id] : targets) {
    const auto limit = set({{"scope", scope}, {"id", id}, {"requests", 5}, {"per", "minute"}});
    ASSERT_TRUE(limit) << scope << limit.error().message;
    EXPECT_EQ((*limit)["target_id"], id);
    EXPECT_NE((*limit)["target_name"], "");
  }
  EXPECT_EQ(listed().size(), 5);
  EXPECT_EQ(listed({{"scope", "user"}}).size(), 1);
  EXPECT_EQ(listed({{"target_id", project()}})[0]["scope"], "project");
  EXPECT_TRUE(listed({{"scope", "key"}, {"target_id", project()}}).empty());
  EXPECT_EQ(run("list_limits", {{"scope", "team"}}).error().param, "scope");
}

TEST_F(LimitOperationsTest, BadInputIsRefusedByFieldWithWhatToDo) {
  expect_refused({{"usd", 1.5}}, "usd", "must be a text");
  expect_refused({{"usd", true}}, "usd");
  expect_refused({{"usd", "-1"}}, "usd", "negative");
  expect_refused({{"usd", "1e3"}}, "usd", "no amount in dollars");
  expect_refused({{"usd", ""}}, "usd");
  expect_refused({{"usd", "9223372036"}}, "usd");
  expect_refused({{"usd", "0.0000000001"}}, "usd", "nine decimals");
  expect_refused({{"tokens", -1}}, "tokens", "from 0 to");
  expect_refused({{"tokens", "5"}}, "tokens", "whole number");
  expect_refused({{"requests", 1.5}}, "requests");
  expect_refused({{"requests", 1e300}}, "requests");
  expect_refused({{"concurrency", 9'223'372'036'854'775'807}}, "concurrency");
  expect_refused(Json::object(), "usd", "one of usd, tokens, requests, concurrency");
  expect_refused({{"usd", "1"}, {"tokens", 5}}, "tokens", "two limits");
  expect_refused({{"usd", nullptr}, {"tokens", 5}}, "tokens");
  expect_refused({{"usd", "1"}, {"per", "fortnight"}}, "per", "minute, hour, day");
  expect_refused({{"usd", "1"}, {"per", 7}}, "per");
  expect_refused({{"usd", "1"}, {"per", "day"}, {"window", "leaky"}}, "window", "rolling");
  expect_refused({{"usd", "1"}, {"window", "rolling"}}, "window", "needs a period");
  expect_refused({{"usd", "1"}, {"per", "day"}, {"time_zone", "Mars/Olympus"}}, "time_zone",
                 "Europe/Berlin");
  expect_refused({{"usd", "1"}, {"per", "day"}, {"time_zone", "../../etc/passwd"}}, "time_zone");
  expect_refused({{"usd", "1"}, {"time_zone", "Europe/Berlin"}}, "time_zone", "none");
  expect_refused({{"usd", "1"}, {"per", "day"}, {"window", "rate"}, {"time_zone", "Europe/Berlin"}},
                 "time_zone");
  expect_refused({{"concurrency", 5}, {"per", "day"}}, "per", "at once");
  expect_refused({{"usd", "1"}, {"model", "gpt-5-mini"}}, "model", "project");
  expect_refused({{"usd", "1"}, {"soft", "yes"}}, "soft");
  expect_refused({{"usd", "1"}, {"trust_upstream", 1}}, "trust_upstream");
  expect_refused({{"usd", "1"}, {"scope", "team"}}, "scope", "service_account");
  expect_refused({{"usd", "1"}, {"id", ""}}, "id");
  expect_refused({{"usd", "1"}, {"burst", 5}}, "burst");
  EXPECT_TRUE(listed().empty());
  EXPECT_TRUE(live_.limits.empty());
}

TEST_F(LimitOperationsTest, UnknownTargetsAreNotFoundAndNamed) {
  for (const auto* scope : {"key", "user", "service_account", "project", "organization"}) {
    const auto refused = set({{"scope", scope}, {"id", "nobody"}, {"usd", "1"}});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::kNotFound);
    EXPECT_EQ(refused.error().param, "id");
    EXPECT_NE(refused.error().message.find("'nobody'"), std::string::npos);
  }
}

TEST_F(LimitOperationsTest, RevokedKeyCanLoseItsLimitsButGetsNone) {
  ASSERT_TRUE(set({{"usd", "1"}}));
  ASSERT_TRUE(run("revoke_key", {{"id", key_["id"]}}));
  EXPECT_EQ(set({{"usd", "2"}}).error().code, Code::kConflict);
  EXPECT_EQ(listed()[0]["amount"], kUsd);
  EXPECT_TRUE(set({{"usd", nullptr}}));
  EXPECT_TRUE(listed().empty());
}

TEST_F(LimitOperationsTest, SeventeenthLimitIsRefused) {
  for (int i = 0; i < 16; ++i) {
    ASSERT_TRUE(set({{"scope", "project"},
                     {"id", project()},
                     {"usd", "1"},
                     {"model", "model-" + std::to_string(i)}}));
  }
  expect_refused({{"scope", "project"}, {"id", project()}, {"usd", "1"}}, "id", "16 limits");
}

TEST_F(LimitOperationsTest, RunningServerHearsOfEachChange) {
  const auto id = key_["id"].get<std::string>();
  const auto limit = set({{"usd", "0.5"}}).value();
  EXPECT_EQ(set({{"usd", "0.6"}}).value()["id"], limit["id"]);
  ASSERT_TRUE(run("remove_limit", {{"id", limit["id"]}}));
  EXPECT_EQ(live_.limits,
            (std::vector<std::string>{"added key " + id + " 500000000",
                                      "changed key " + id + " 600000000", "removed key " + id}));
}

TEST_F(LimitOperationsTest, NullRemovesTheLimitOfTheSameKindOnly) {
  ASSERT_TRUE(set({{"usd", "1"}}));
  ASSERT_TRUE(set({{"usd", "2"}, {"per", "day"}}));
  const auto removed = set({{"usd", nullptr}}).value();
  EXPECT_EQ(removed["deleted"], true);
  EXPECT_TRUE(removed["limit_nanousd"].is_null());
  EXPECT_TRUE(removed["left_nanousd"].is_null());
  EXPECT_EQ(removed["spent_nanousd"], 700);
  ASSERT_EQ(listed().size(), 1);
  EXPECT_EQ(listed()[0]["per"], "day");
  const auto again = set({{"usd", nullptr}}).value();
  EXPECT_EQ(again["deleted"], true) << "that there is none is what was asked for";
  EXPECT_TRUE(again["id"].is_null());
  EXPECT_EQ(run("remove_limit", {{"id", removed["id"]}}).error().code, Code::kNotFound);
}

TEST_F(LimitOperationsTest, LimitWhosePastCannotBeReadIsSetAndSaysSo) {
  live_.is_database_away = true;
  const auto refused = set({{"usd", "1"}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kDatabase);
  EXPECT_NE(refused.error().message.find("is set"), std::string::npos);
  EXPECT_EQ(listed().size(), 1);
}

TEST_F(LimitOperationsTest, FirstKeyOfItsProjectBringsTheLimitsThatTheServerDoesNotKnow) {
  ASSERT_TRUE(set({{"scope", "project"}, {"id", project()}, {"usd", "2"}}));
  ASSERT_TRUE(set({{"scope", "organization"}, {"id", organization()}, {"usd", "3"}}));
  ASSERT_TRUE(set({{"scope", "user"}, {"id", owner_["user"]["id"]}, {"usd", "4"}}));
  ASSERT_TRUE(set({{"usd", "1"}}));  // on another key
  live_.limits.clear();
  make_key("second");
  EXPECT_TRUE(live_.limits.empty()) << "it knows them";
  live_.known.clear();
  make_key("third");
  std::ranges::sort(live_.limits);
  EXPECT_EQ(live_.limits,
            (std::vector<std::string>{
                "added organization " + organization() + " 3000000000",
                "added project " + project() + " 2000000000",
                "added user " + owner_["user"]["id"].get<std::string>() + " 4000000000"}));
}

TEST_F(LimitOperationsTest, MembersLimitTheirOwnKeysAndLeaveAnOwnersLimitsAlone) {
  const auto limit = set({{"usd", "1"}}).value();
  auto caller = member(organization());
  caller.user_id = UserId{key_["owner_id"].get<std::string>()};
  EXPECT_EQ(operations_->run("list_limits", Json::object(), caller).value()["data"].size(), 1);
  const Json again{{"scope", "key"}, {"id", key_["id"]}, {"usd", "9"}};
  EXPECT_EQ(operations_->run("set_limit", again, caller).error().code, Code::kForbidden);
  EXPECT_EQ(operations_->run("remove_limit", {{"id", limit["id"]}}, caller).error().code,
            Code::kForbidden);
  const Json another{{"scope", "key"}, {"id", key_["id"]}, {"usd", "9"}, {"per", "day"}};
  const auto own = operations_->run("set_limit", another, caller).value();
  EXPECT_FALSE(own["set_by_owner"].get<bool>());
  EXPECT_TRUE(operations_->run("remove_limit", {{"id", own["id"]}}, caller));
  const Json project_wide{{"scope", "project"}, {"id", project()}, {"usd", "9"}};
  EXPECT_EQ(operations_->run("set_limit", project_wide, caller).error().code, Code::kForbidden);
  auto elses = caller;
  elses.user_id = UserId{"user-else"};
  EXPECT_EQ(operations_->run("set_limit", another, elses).error().code, Code::kForbidden);
}

TEST_F(LimitOperationsTest, OtherOrganizationsLimitsAndTargetsAreNotFound) {
  const auto limit = set({{"usd", "1"}}).value();
  auto stranger = member("org-else");
  stranger.is_owner = true;
  EXPECT_TRUE(operations_->run("list_limits", Json::object(), stranger).value()["data"].empty());
  EXPECT_EQ(operations_->run("remove_limit", {{"id", limit["id"]}}, stranger).error().code,
            Code::kNotFound);
  const std::pair<std::string, Json> targets[] = {{"key", key_["id"]},
                                                  {"user", owner_["user"]["id"]},
                                                  {"project", project()},
                                                  {"organization", organization()}};
  for (const auto& [scope, id] : targets) {
    for (const Json& usd : {Json("9"), Json(nullptr)}) {
      const Json arguments{{"scope", scope}, {"id", id}, {"usd", usd}};
      EXPECT_EQ(operations_->run("set_limit", arguments, stranger).error().code, Code::kNotFound);
    }
  }
  EXPECT_EQ(listed()[0]["amount"], kUsd);
}

TEST_F(LimitOperationsTest, StoppedFolderReadsTheLedgerInTheLimitsOwnPeriod) {
  const auto now = wall_now();
  spend(1, now - std::chrono::days{800}, 5 * kUsd, 50);
  spend(2, now - std::chrono::days{40}, 7 * kUsd, 70);
  spend(3, now, 11 * kUsd, 110);
  const auto spent = [&](const Json& fields) {
    Json arguments{{"scope", "key"}, {"id", key_["id"]}, {"usd", "100"}};
    if (fields.contains("tokens") || fields.contains("requests") ||
        fields.contains("concurrency")) {
      arguments.erase("usd");
    }
    arguments.update(fields);
    const auto limit = run_stopped("set_limit", arguments);
    EXPECT_TRUE(limit) << limit.error().message;
    return limit ? (*limit)["spent"].get<std::int64_t>() : -1;
  };
  EXPECT_EQ(spent(Json::object()), 23 * kUsd);
  EXPECT_EQ(spent({{"tokens", 1000}}), 230);
  EXPECT_EQ(spent({{"requests", 1000}}), 3);
  EXPECT_EQ(spent({{"concurrency", 5}}), 0);
  for (const auto* per : {"hour", "day", "week", "month", "quarter", "year"}) {
    EXPECT_GE(spent({{"per", per}, {"window", "rolling"}}), 11 * kUsd) << per;
  }
  EXPECT_EQ(spent({{"per", "month"}, {"window", "rolling"}}), 11 * kUsd);
  EXPECT_EQ(spent({{"per", "year"}, {"window", "rolling"}}), 18 * kUsd);
  EXPECT_EQ(spent({{"scope", "user"}, {"id", key_["owner_id"]}}), 23 * kUsd);
  EXPECT_EQ(spent({{"scope", "organization"}, {"id", organization()}}), 23 * kUsd);
  const Json project_fields{{"scope", "project"}, {"id", project()}};
  auto of_model = project_fields;
  of_model["model"] = "gpt-5-mini";
  auto of_other = project_fields;
  of_other["model"] = "gpt-5";
  EXPECT_EQ(spent(project_fields), 23 * kUsd);
  EXPECT_EQ(spent(of_model), 23 * kUsd);
  EXPECT_EQ(spent(of_other), 0);
  const auto list = run_stopped("list_limits").value()["data"];
  EXPECT_EQ(list.size(), 15);
  for (const auto& limit : list) EXPECT_EQ(limit["held"], 0);
}

TEST_F(LimitOperationsTest, OfAModelThatNothingIsSentAsIsRefusedOnceThereIsAProvider) {
  const auto of_model = [this](const char* model) {
    return Json{{"scope", "project"}, {"id", project()}, {"usd", "1"}, {"model", model}};
  };
  EXPECT_TRUE(set(of_model("my-own-model")));
  ASSERT_TRUE(
      run("add_provider",
          {{"name", "down"}, {"base_url", "http://127.0.0.1:1/v1"}, {"fetch_models", false}}));
  EXPECT_TRUE(set(of_model("gpt-5-mini")));
  expect_refused(of_model("gtp-5-mini"), "model", "No model is called 'gtp-5-mini'");
  expect_refused(of_model("gpt-4"), "model", "Calls for 'gpt-4' are sent as 'gpt-");

  auto removed = of_model("my-own-model");
  removed["usd"] = nullptr;
  EXPECT_TRUE(set(removed));
}

TEST_F(LimitOperationsTest, KeyShowsWhatItSpentAndHoldsUnderItsLimits) {
  spend(1, wall_now(), 11 * kUsd, 110);
  const auto shown = [this] { return run("list_keys").value()["data"][0]; };
  EXPECT_EQ(shown()["spent_nanousd"], 11 * kUsd);
  EXPECT_EQ(shown()["held_nanousd"], 0);
  EXPECT_TRUE(shown()["limit_nanousd"].is_null());
  EXPECT_EQ(shown()["limit_count"], 0);

  ASSERT_TRUE(set({{"usd", "20"}, {"per", "day"}}));
  EXPECT_EQ(shown()["held_nanousd"], 40);
  EXPECT_TRUE(shown()["limit_nanousd"].is_null()) << "of all that it may ever spend";
  ASSERT_TRUE(set({{"usd", "30"}}));
  EXPECT_EQ(shown()["limit_nanousd"], 30 * kUsd);
  EXPECT_EQ(shown()["spent_nanousd"], 700) << "the meter knows better than the ledger";
  EXPECT_EQ(shown()["limit_count"], 2);
}

}  // namespace
}  // namespace tg::admin
