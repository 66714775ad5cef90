// SPDX-License-Identifier: Apache-2.0
#include "ledger/credit_drain.h"

#include <gtest/gtest.h>

#include <set>

#include "ledger/credits.h"
#include "ledger/ledger_writer.h"
#include "ledger/test_calls.h"
#include "ledger/verify_parts.h"

namespace tg::ledger {
namespace {

using std::chrono::hours;

class CreditTest : public LedgerTest {
 protected:
  const WallTime noon_ = from_unix_ms(kNoon2026Nov24Ms);

  void grant(std::string id, std::int64_t amount, std::optional<WallTime> expires = std::nullopt,
             std::string project = {}) {
    const auto added = add_credit_grant(
        *database_, {.id = std::move(id),
                     .owner = {.organization_id = "org_1", .project_id = std::move(project)},
                     .amount = NanoUsd{amount},
                     .expires_at = expires,
                     .reason = "why",
                     .granted_by = "uid:0",
                     .granted_at = noon_});
    ASSERT_TRUE(added) << added.error().detail;
  }

  UsageEvent event(std::uint64_t sequence, std::int64_t charge, WallTime at,
                   const char* project = "proj_0") const {
    UsageEvent made{.id = {.epoch = 1, .worker = 0, .sequence = sequence},
                    .admission = test_admission(),
                    .settlement = test_settlement()};
    made.admission.at = at;
    made.admission.project_id = project;
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

  CreditGrant find(const std::string& id) { return **find_credit_grant(*database_, id); }

  void expect_agreement() {
    ASSERT_TRUE(database_->read([](soci::session& session) -> Result<void> {
      const auto found = verify_credits(session);
      EXPECT_TRUE(found);
      if (found && *found) ADD_FAILURE() << (*found)->what << ": " << (*found)->found;
      return {};
    }));
  }

  std::optional<std::string> difference() {
    std::optional<std::string> what;
    EXPECT_TRUE(database_->read([&](soci::session& session) -> Result<void> {
      TG_TRY(const auto found, verify_credits(session));
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

TEST_F(CreditTest, AProjectWithItsOwnNeverTakesItsOrganizations) {
  grant("org", 100);
  grant("proj", 20, std::nullopt, "proj_0");
  settle({event(1, 30, noon_), event(2, 30, noon_, "proj_1")});
  EXPECT_EQ(paid(1), (Paid{"proj 20"}));
  EXPECT_EQ(paid(2), (Paid{"org 30"}));
  settle({event(3, 5, noon_)});
  EXPECT_EQ(paid(3), Paid{});
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
  for (const auto& entry : *credit_history(*database_, "org_1", 0, 100)) {
    kinds.insert(name(entry.kind));
  }
  EXPECT_EQ(kinds,
            (std::multiset<std::string_view>{"grant", "drain", "expiry", "revival", "drain"}));
  expect_agreement();
}

TEST_F(CreditTest, ACorrectionNeverLeavesLessThanNothing) {
  grant("g", 100);
  settle({event(1, 40, noon_)});
  const auto correct = [&](std::int64_t amount) {
    return correct_credit(*database_, {.grant_id = "g",
                                       .amount = NanoUsd{amount},
                                       .made_by = "uid:0",
                                       .reason = "a slip",
                                       .at = noon_});
  };
  EXPECT_EQ(correct(-61).error().code, Code::kFieldInvalid);
  EXPECT_TRUE(correct(-60));
  EXPECT_EQ(find("g").remaining, NanoUsd{});
  EXPECT_TRUE(correct(5));
  EXPECT_EQ(find("g").amount, NanoUsd{45});
  EXPECT_EQ(correct_credit(*database_, {.grant_id = "none", .amount = NanoUsd{1}}).error().code,
            Code::kNotFound);
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
  change("UPDATE usage_events SET credit = 40");
  change("DELETE FROM credit_entries WHERE kind = 'drain'");
  EXPECT_NE(difference(), std::nullopt);
}

}  // namespace
}  // namespace tg::ledger
