// SPDX-License-Identifier: Apache-2.0
#include "ledger/credit_drain.h"

#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ledger/credits.h"
#include "ledger/ledger_writer.h"
#include "ledger/test_calls.h"
#include "ledger/verify_parts.h"

namespace tg::ledger {
namespace {

using std::chrono::hours;

class CreditTest : public LedgerTest {
 protected:
  VerifyOptions options_;
  const WallTime noon_ = from_unix_ms(kNoon2026Nov24Ms);

  void grant(std::string id, std::int64_t amount, std::optional<WallTime> expires = std::nullopt,
             std::string project = {}) {
    const CreditGrant made{.id = std::move(id),
                           .owner = {.organization_id = "org_1", .project_id = std::move(project)},
                           .amount = NanoUsd{amount},
                           .expires_at = expires,
                           .reason = "why",
                           .granted_by = "uid:0",
                           .granted_at = noon_};
    const auto added =
        database_->write([&](soci::session& session) { return add_credit_grant(session, made); });
    ASSERT_TRUE(added) << added.error().detail;
  }

  Result<void> correct(std::string id, std::int64_t amount) {
    return database_->write([&](soci::session& session) {
      return correct_credit(session, {.grant_id = id,
                                      .amount = NanoUsd{amount},
                                      .made_by = "uid:0",
                                      .reason = "a slip",
                                      .at = noon_});
    });
  }

  UsageEvent event(std::uint64_t sequence, std::int64_t charge, WallTime at,
                   const char* project = "proj_0", CreditOf of = CreditOf::kOrganization) const {
    UsageEvent made{.id = {.epoch = 1, .worker = 0, .sequence = sequence},
                    .admission = test_admission(),
                    .settlement = test_settlement()};
    made.admission.at = at;
    made.admission.project_id = project;
    made.admission.credit_of = of;
    made.settlement.charge = made.settlement.cost = NanoUsd{charge};
    return made;
  }

  void settle(std::vector<UsageEvent> events) {
    LedgerBatch batch;
    batch.events = std::move(events);
    const auto written = write_ledger(*database_, batch);
    ASSERT_TRUE(written) << written.error().detail;
  }

  std::vector<std::string> paid(std::uint64_t sequence) {
    std::vector<std::string> by;
    for (const auto& entry : *credit_of_call(*database_, {1, 0, sequence})) {
      by.push_back(entry.grant_id + " " + std::to_string(entry.amount.count()));
    }
    return by;
  }

  CreditGrant find(const std::string& id) { return *find_credit_grant(*database_, id); }

  void expect_agreement() {
    ASSERT_TRUE(database_->read([](soci::session& session) -> Result<void> {
      const auto found = verify_credits(session, {});
      EXPECT_TRUE(found);
      if (found && *found) ADD_FAILURE() << (*found)->what << ": " << (*found)->found;
      return {};
    }));
  }

  std::optional<std::string> difference() {
    std::optional<std::string> what;
    EXPECT_TRUE(database_->read([&](soci::session& session) -> Result<void> {
      TG_TRY(const auto found, verify_credits(session, options_));
      if (found) what = found->what;
      return {};
    }));
    return what;
  }
  void change(const std::string& sql) {
    ASSERT_TRUE(database_->write([&](soci::session& session) -> Result<void> {
      session << sql;
      return {};
    }));
  }
};

using Paid = std::vector<std::string>;

TEST_F(CreditTest, TheOldestEndPaysFirstAndWhatNeverEndsLast) {
  grant("never", 100);
  grant("late", 100, noon_ + hours{48});
  grant("soon", 30, noon_ + hours{24});
  settle({event(1, 150, noon_)});
  EXPECT_EQ(paid(1), (Paid{"soon 30", "late 100", "never 20"}));
  EXPECT_EQ(find("never").remaining, NanoUsd{80});
  EXPECT_EQ(find("soon").used(), NanoUsd{30});
  expect_agreement();
}

TEST_F(CreditTest, ACallThatIsWrittenTwiceIsPaidOnce) {
  grant("g", 100);
  settle({event(1, 40, noon_)});
  settle({event(1, 40, noon_), event(2, 10, noon_)});
  EXPECT_EQ(find("g").remaining, NanoUsd{50});
  EXPECT_EQ(paid(1), (Paid{"g 40"}));
  expect_agreement();
}

TEST_F(CreditTest, WhatIsNotCoveredIsBilled) {
  grant("g", 100);
  settle({event(1, 130, noon_), event(2, 10, noon_)});
  EXPECT_EQ(paid(1), (Paid{"g 100"}));
  EXPECT_EQ(paid(2), Paid{});
  expect_agreement();
}

TEST_F(CreditTest, ACallIsPaidByWhatItWasLetInWith) {
  grant("org", 100);
  grant("proj", 20, std::nullopt, "proj_0");
  settle({event(1, 30, noon_, "proj_0", CreditOf::kProject), event(2, 30, noon_, "proj_1")});
  EXPECT_EQ(paid(1), (Paid{"proj 20"}));
  EXPECT_EQ(paid(2), (Paid{"org 30"}));
  settle({event(3, 5, noon_, "proj_0", CreditOf::kProject)});
  EXPECT_EQ(paid(3), Paid{}) << "a project never falls back on its organization's";
  settle({event(4, 5, noon_), event(5, 5, noon_, "proj_0", CreditOf::kNobody)});
  EXPECT_EQ(paid(4), (Paid{"org 5"})) << "it was let in before its project had its own";
  EXPECT_EQ(paid(5), Paid{}) << "it was let in before there was any";
  expect_agreement();
}

TEST_F(CreditTest, WhatWasHeldWhenAGrantEndedStaysGood) {
  grant("g", 100, noon_ + hours{1});
  settle({event(1, 10, noon_)});
  ASSERT_TRUE(expire_credits(*database_, noon_ + hours{1}));
  ASSERT_TRUE(expire_credits(*database_, noon_ + hours{2}));
  EXPECT_EQ(find("g").expired, NanoUsd{90});
  settle({event(2, 25, noon_ + hours{1} - std::chrono::milliseconds{1}),
          event(3, 7, noon_ + hours{1})});
  EXPECT_EQ(paid(2), (Paid{"g 25"}));
  EXPECT_EQ(paid(3), Paid{}) << "it was let in after the end";
  EXPECT_EQ(find("g").expired, NanoUsd{65});
  EXPECT_EQ(find("g").remaining, NanoUsd{});
  std::multiset<std::string_view> kinds;
  for (const auto& entry : *credit_history(*database_, {.organization_id = "org_1"})) {
    kinds.insert(name(entry.kind));
  }
  EXPECT_EQ(kinds,
            (std::multiset<std::string_view>{"grant", "drain", "expiry", "revival", "drain"}));
  expect_agreement();
}

TEST_F(CreditTest, ACorrectionNeverLeavesLessThanNothing) {
  grant("g", 100);
  settle({event(1, 40, noon_)});
  EXPECT_EQ(correct("g", -61).error().code, Code::kFieldInvalid);
  EXPECT_TRUE(correct("g", -60));
  EXPECT_EQ(find("g").remaining, NanoUsd{});
  EXPECT_TRUE(correct("g", 5));
  EXPECT_EQ(find("g").amount, NanoUsd{45});
  EXPECT_EQ(correct("none", 1).error().code, Code::kNotFound);
  EXPECT_EQ(correct("g", kGrantMax.count()).error().code, Code::kFieldInvalid);
  grant("ended", 5, noon_);
  EXPECT_EQ(correct("ended", 1).error().code, Code::kConflict);
  expect_agreement();
}

TEST_F(CreditTest, ATestKeysCallAndAFreeOneTakeNothing) {
  grant("g", 100);
  settle({event(1, 0, noon_)});
  EXPECT_EQ(find("g").remaining, NanoUsd{100});
}

TEST_F(CreditTest, ChangedMoneyIsFound) {
  grant("g", 100, noon_ + hours{1});
  settle({event(1, 40, noon_)});
  ASSERT_TRUE(expire_credits(*database_, noon_ + hours{2}));
  EXPECT_EQ(difference(), std::nullopt);
  for (const auto& [column, what] :
       {std::pair{"remaining", "remaining of g"}, std::pair{"expired", "expired of g"},
        std::pair{"amount", "amount of g"}}) {
    change(std::string{"UPDATE credit_grants SET "} + column + " = " + column + " + 1");
    EXPECT_EQ(difference(), what);
    change(std::string{"UPDATE credit_grants SET "} + column + " = " + column + " - 1");
  }
  change("UPDATE usage_events SET credit = 41");
  EXPECT_EQ(difference(), "credit of call_1-0-1");
  change("UPDATE usage_events SET credit = 40, credit_of = 0");
  EXPECT_EQ(difference(), "credit of call_1-0-1");
  change("UPDATE usage_events SET credit_of = 1");
  options_.live_credit = {{{.id = "g", .end = noon_ + hours{1}, .left = 60}}};
  EXPECT_EQ(difference(), std::nullopt);
  options_.live_credit->front().left = 59;
  EXPECT_EQ(difference(), "what calls may take of g");
  options_.live_credit.reset();
  change("DELETE FROM credit_entries WHERE kind = 'drain'");
  EXPECT_NE(difference(), std::nullopt);
}

TEST_F(CreditTest, BalancesAndListsAreOfTheirOwners) {
  grant("one", 100);
  grant("two", 50, noon_ + hours{2});
  grant("three", 7, noon_ + hours{1}, "proj_0");
  settle({event(1, 30, noon_)});
  const auto balances = *credit_balances(*database_, noon_);
  ASSERT_EQ(balances.size(), 2U);
  EXPECT_EQ(balances[0].remaining, NanoUsd{120});
  EXPECT_EQ(balances[0].used, NanoUsd{30});
  EXPECT_EQ(balances[0].next_end, noon_ + hours{2});
  EXPECT_EQ(balances[1].owner.project_id, "proj_0");
  EXPECT_EQ(credit_balances(*database_, noon_ + hours{3})->at(1).remaining, NanoUsd{})
      << "its end has come, though nobody has booked it";
  EXPECT_TRUE(credit_balances(*database_, noon_, "org_2")->empty());

  const auto ids = [&](CreditQuery query) {
    std::vector<std::string> all;
    query.organization_id = "org_1";
    for (const auto& each : *list_credit_grants(*database_, query)) all.push_back(each.id);
    return all;
  };
  EXPECT_EQ(ids({}), (Paid{"three", "two", "one"}));
  EXPECT_EQ(ids({.after = "three", .limit = 1}), (Paid{"two"}));
  EXPECT_EQ(ids({.project_ids = std::vector<std::string>{"proj_0"}}), (Paid{"three"}));
  EXPECT_EQ(ids({.project_ids = std::vector<std::string>{}}), Paid{});
  EXPECT_EQ(
      list_credit_grants(*database_, {.organization_id = "org_2", .after = "one"}).error().code,
      Code::kNotFound);
  EXPECT_EQ(credit_history(*database_, {.organization_id = "org_1", .grant_id = "two"})->size(),
            2U);
}

TEST_F(CreditTest, StandingIsOfWhatIsLeftElseOfTheLastGrant) {
  const auto standing = [&](WallTime now) {
    std::optional<CreditStanding> found;
    EXPECT_TRUE(database_->read([&](soci::session& session) -> Result<void> {
      TG_TRY(found, credit_standing(session, {.organization_id = "org_1"}, now));
      return {};
    }));
    return found;
  };
  EXPECT_EQ(standing(noon_), std::nullopt);
  grant("used", 40);
  settle({event(1, 40, noon_)});
  EXPECT_EQ(standing(noon_)->granted, NanoUsd{40});
  EXPECT_EQ(standing(noon_)->left, NanoUsd{});
  grant("next", 100, noon_ + hours{1});
  settle({event(2, 90, noon_)});
  EXPECT_EQ(standing(noon_)->granted, NanoUsd{100}) << "what is used up counts no more";
  EXPECT_EQ(standing(noon_)->left, NanoUsd{10});
  EXPECT_EQ(standing(noon_ + hours{1})->left, NanoUsd{});
  EXPECT_EQ(standing(noon_ + hours{1})->granted, NanoUsd{100});
}

TEST_F(CreditTest, WhoeverHadAllTakenBackIsBilled) {
  grant("slip", 100);
  ASSERT_EQ(credit_balances(*database_, noon_)->size(), 1U);
  ASSERT_TRUE(correct("slip", -100));
  EXPECT_TRUE(credit_balances(*database_, noon_)->empty());
  expect_agreement();
}

}  // namespace
}  // namespace tg::ledger
