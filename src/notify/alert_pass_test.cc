// SPDX-License-Identifier: Apache-2.0
#include "notify/alert_pass.h"

#include <fmt/format.h>
#include <soci/soci.h>

#include <optional>

#include "identity/test_instance.h"
#include "ledger/credits.h"
#include "ledger/spent.h"
#include "notify/alert_state.h"
#include "notify/alerts.h"
#include "notify/credit_notices.h"
#include "notify/outbox.h"

namespace tg::notify {
namespace {

using identity::LimitScope;
using std::chrono::hours;

constexpr NanoUsd usd(std::int64_t dollars) { return NanoUsd{dollars * 1'000'000'000}; }

// 2026-11-18 11:06:40 UTC.
class AlertPassTest : public identity::TestInstance {
 protected:
  AlertPassTest() : owner_{make_owner()} {}

  Alert on_organization(std::int64_t dollars, std::vector<std::string> to = {"ops@example.org"}) {
    return add({.scope = LimitScope::kOrganization,
                .target_id = owner_.organization_id.text(),
                .organization_id = owner_.organization_id.text(),
                .threshold = usd(dollars),
                .recipients = std::move(to)});
  }
  Alert add(const Alert& alert) {
    auto added = add_alert(database(), alert, {}, kStart);
    TG_CHECK(added.has_value());
    return *std::move(added);
  }
  identity::LimitRecord limit(limits::Rule rule) {
    rule.amount = usd(100).count();
    auto set = identity::set_limit(database(),
                                   {.scope = LimitScope::kProject,
                                    .target_id = owner_.default_project_id.text(),
                                    .organization_id = {},
                                    .rule = std::move(rule)},
                                   {}, kStart);
    TG_CHECK(set.has_value());
    return set->record;
  }
  Alert on_limit(const identity::LimitRecord& of, std::vector<int> percents) {
    return add({.scope = of.scope,
                .target_id = of.target_id,
                .organization_id = of.organization_id,
                .limit_id = of.rule.id,
                .percents = std::move(percents)});
  }
  Result<Alert> raise(const Alert& alert, std::int64_t dollars, WallTime now = kStart) {
    return update_alert(database(), alert.id, {.threshold = usd(dollars)}, {}, now);
  }

  // As the transfer writes it.
  void spend(std::int64_t dollars, WallTime at = kStart) {
    for (const auto& [kind, id] :
         {std::pair{ledger::SpentBy::kOrganization, owner_.organization_id.text()},
          std::pair{ledger::SpentBy::kProject, owner_.default_project_id.text()}}) {
      run_sql(fmt::format(
          "INSERT INTO spend_slices (kind, id, model, begin_ms, charge, tokens,"
          " requests) VALUES ({}, '{}', '', {}, {}, 1, 1) ON CONFLICT"
          " (kind, id, model, begin_ms) DO UPDATE SET"
          " charge = spend_slices.charge + excluded.charge",
          static_cast<int>(kind), id, to_unix_ms(ledger::slice_of(at)), usd(dollars).count()));
    }
    spending_[owner_.organization_id.text()] = at;
    spending_[owner_.default_project_id.text()] = at;
  }
  Result<int> look(WallTime now = kStart) { return look_at_alerts(desk(), spending_, now); }
  AlertDesk desk() {
    return {.database = database(), .master_key = key_, .console_url = "https://tollgate.test"};
  }
  // Takes a mail out of the outbox.
  Mail mail() {
    auto next = next_mail(database(), key_, kStart + hours{24 * 365});
    TG_CHECK(next.has_value() && next->has_value());
    TG_CHECK(remove_sent_mail(database(), (*next)->id).has_value());
    return (*next)->mail;
  }

  const identity::User owner_;
  const SecretBytes key_{std::string_view{"0123456789abcdef0123456789abcdef"}};
  Spending spending_;
};

TEST_F(AlertPassTest, CrossingIsToldOnceToEachAndNotAgain) {
  on_organization(100, {"ops@example.org", "cfo@example.org"});
  spend(99);
  EXPECT_EQ(look(), 0);
  spend(1);
  EXPECT_EQ(look(), 2);
  EXPECT_EQ(look(), 0);
  spend(50);
  EXPECT_EQ(look(), 0);
  EXPECT_EQ(look_at_all_alerts(desk(), kStart + hours{1}), 0) << "nor after a restart";
}

TEST_F(AlertPassTest, MailSaysWhoHasSpentWhatAndWhenItResets) {
  const auto alert = add({.scope = LimitScope::kProject,
                          .target_id = owner_.default_project_id.text(),
                          .organization_id = owner_.organization_id.text(),
                          .threshold = usd(100),
                          .recipients = {"ops@example.org"},
                          .subject_prefix = "[billing]"});
  spend(120);
  ASSERT_EQ(look(), 1);
  const auto sent = mail();
  EXPECT_EQ(sent.to, "ops@example.org");
  EXPECT_EQ(sent.subject,
            "[billing] Project \"Default project\" has spent $120.00 in November 2026");
  for (const auto& words :
       {std::string{"at $100.00"}, std::string{"$120.00"}, owner_.default_project_id.text(),
        owner_.organization_id.text(), std::string{"since 2026-11-01 00:00 (UTC)"},
        std::string{"2026-12-01 00:00 (UTC)"}, std::string{"https://tollgate.test/usage"},
        "https://tollgate.test/projects/" + owner_.default_project_id.text(), alert.id}) {
    EXPECT_TRUE(sent.text.contains(words)) << words << " in\n" << sent.text;
  }
}

TEST_F(AlertPassTest, NextMonthIsToldAgain) {
  on_organization(100);
  spend(100);
  EXPECT_EQ(look(), 1);
  const auto december = kStart + hours{24 * 14};
  spend(99, december);
  EXPECT_EQ(look(december), 0);
  spend(1, december);
  EXPECT_EQ(look(december), 1);
  EXPECT_EQ(look(december), 0);
}

TEST_F(AlertPassTest, CallOfLastMonthThatIsSettledLateIsToldForThatMonth) {
  on_organization(100);
  spend(100);
  const auto december = kStart + hours{24 * 14};
  EXPECT_EQ(look(december), 1) << "the spending was let in in November";
  EXPECT_TRUE(mail().text.contains("in November 2026"));
  EXPECT_EQ(look_at_all_alerts(desk(), december), 0);
}

TEST_F(AlertPassTest, AlertIsNotToldOfAMonthBeforeItWasMade) {
  spend(100, kStart - hours{24 * 20});
  on_organization(100);
  EXPECT_EQ(look_at_all_alerts(desk(), kStart), 0);
}

TEST_F(AlertPassTest, RaisedThresholdIsArmedAgainAndLoweredOneToldAtOnce) {
  const auto alert = on_organization(100);
  spend(120);
  EXPECT_EQ(look(), 1);
  ASSERT_TRUE(raise(alert, 110).has_value());
  EXPECT_EQ(look(), 0) << "more was spent already, and told";
  ASSERT_TRUE(raise(alert, 200).has_value());
  EXPECT_EQ(look(), 0);
  ASSERT_TRUE(raise(alert, 115).has_value());
  EXPECT_EQ(look(), 1);
  ASSERT_TRUE(raise(alert, 200).has_value());
  spend(80);
  EXPECT_EQ(look(), 1);
  EXPECT_EQ(look(), 0);
}

TEST_F(AlertPassTest, ThresholdOfZeroIsToldWithTheFirstSpending) {
  on_organization(0);
  EXPECT_EQ(look_at_all_alerts(desk(), kStart), 0);
  spend(1);
  EXPECT_EQ(look(), 1);
}

TEST_F(AlertPassTest, NobodyElsesSpendingIsLookedAt) {
  on_organization(1);
  spend(1);
  spending_ = {{"org-another", kStart}};
  EXPECT_EQ(look(), 0);
}

TEST_F(AlertPassTest, RemovedAlertTellsNothing) {
  const auto alert = on_organization(1);
  ASSERT_TRUE(remove_alert(database(), alert.id, {}, kStart).has_value());
  spend(1);
  EXPECT_EQ(look(), 0);
}

TEST_F(AlertPassTest, FullOutboxIsNotTakenForTold) {
  on_organization(1);
  spend(1);
  run_sql(
      "INSERT INTO outbox (id, sealed, created_unix_ms, next_unix_ms)"
      " WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900)"
      " SELECT 'mail_' || i, 'x', 0, 9999999999999 FROM n");
  EXPECT_EQ(identity::code_of(look()), Code::kOverloaded);
  EXPECT_EQ(count("SELECT count(*) FROM alert_notices"), 0);
  run_sql("DELETE FROM outbox");
  EXPECT_EQ(look(), 1);
}

TEST_F(AlertPassTest, OrganizationsMailsADayAreBounded) {
  on_organization(1);
  spend(1);
  run_sql(
      fmt::format("INSERT INTO alert_mails (organization_id, day, mails) VALUES ('{}', {},"
                  " 1000)",
                  owner_.organization_id.text(), to_unix_ms(kStart) / 86'400'000));
  EXPECT_EQ(identity::code_of(look()), Code::kRateLimit);
  EXPECT_EQ(count("SELECT count(*) FROM outbox"), 0);
  EXPECT_EQ(look(kStart + hours{24}), 1);
}

TEST_F(AlertPassTest, LimitIsToldByItsHighestPercentageToItsOwners) {
  const auto of = limit({.period = limits::Period::kMonth});
  on_limit(of, {50, 80, 100});
  spend(49);
  EXPECT_EQ(look(), 0);
  spend(32);
  EXPECT_EQ(look(), 1);
  const auto sent = mail();
  EXPECT_EQ(sent.to, "Ada@Example.org");
  EXPECT_EQ(sent.subject,
            "Project \"Default project\" has spent 80% of its limit of $100.00 per month");
  spend(18);
  EXPECT_EQ(look(), 1);
  EXPECT_EQ(mail().subject,
            "Project \"Default project\" has spent nearly all of its limit of $100.00 per month");
  EXPECT_EQ(look(), 0);
}

TEST_F(AlertPassTest, RaisedLimitIsToldAgain) {
  const auto of = limit({.period = limits::Period::kMonth});
  on_limit(of, {80});
  spend(90);
  EXPECT_EQ(look(), 1);
  auto raised = of;
  raised.rule.amount = usd(200).count();
  ASSERT_TRUE(identity::set_limit(database(), raised, {}, kStart + hours{1}).has_value());
  EXPECT_EQ(look(kStart + hours{1}), 0);
  spend(70);
  EXPECT_EQ(look(kStart + hours{1}), 1);
}

TEST_F(AlertPassTest, AlertOfALimitGoesWithIt) {
  const auto of = limit({.period = limits::Period::kTotal});
  on_limit(of, {50});
  spend(50);
  EXPECT_EQ(look(), 1);
  ASSERT_TRUE(identity::remove_limit(database(), of.rule.id, {}, kStart).has_value());
  EXPECT_EQ(count("SELECT count(*) FROM alerts"), 0);
  EXPECT_EQ(count("SELECT count(*) FROM alert_notices"), 0);
}

TEST_F(AlertPassTest, RollingLimitIsToldOnceInItsLength) {
  const auto of = limit({.period = limits::Period::kDay, .window = limits::Window::kRolling});
  on_limit(of, {80});
  spend(80);
  EXPECT_EQ(look(), 1);
  EXPECT_EQ(look(kStart + hours{23}), 0);
  EXPECT_EQ(look(kStart + hours{25}), 0) << "nothing is spent in the last day";
  spend(90, kStart + hours{26});
  EXPECT_EQ(look(kStart + hours{26}), 1);
}

TEST_F(AlertPassTest, CalendarOfAnotherZoneBeginsAtItsMidnight) {
  const auto of = limit({.period = limits::Period::kDay, .time_zone = "Asia/Kathmandu"});
  on_limit(of, {80});
  const auto midnight = from_unix_ms(1'795'025'700'000);  // 2026-11-18 18:15 UTC
  spend(79, midnight - hours{1});
  spend(79, midnight);
  EXPECT_EQ(look(midnight), 0);
  spend(1, midnight);
  EXPECT_EQ(look(midnight), 1);
}

TEST_F(AlertPassTest, StateSaysWhatIsSpentAndWhatWasToldLast) {
  const auto alert = on_organization(100);
  spend(120);
  ASSERT_EQ(look(), 1);
  const auto states = states_of(database(), {alert}, kStart).value();
  EXPECT_EQ(states.front().spent, usd(120));
  ASSERT_TRUE(states.front().last_told.has_value());
  EXPECT_EQ(states.front().last_told->threshold, usd(100));
  EXPECT_EQ(states.front().last_told->sent_at, kStart);
}

TEST_F(AlertPassTest, LowCreditIsToldOnceForEachStepAndAgainAfterAGrant) {
  const auto tell = [&](std::int64_t granted, std::int64_t left) {
    int mails = -1;
    EXPECT_TRUE(database().write([&](soci::session& session) -> Result<void> {
      TG_TRY(mails, tell_low_credit(session, desk(),
                                    {.scope = LimitScope::kOrganization,
                                     .target_id = owner_.organization_id.text(),
                                     .organization_id = owner_.organization_id.text(),
                                     .target_name = "Ada's",
                                     .granted = usd(granted),
                                     .left = usd(left)},
                                    kStart));
      return {};
    }));
    return mails;
  };
  EXPECT_EQ(tell(0, 0), 0);
  EXPECT_EQ(tell(100, 21), 0);
  EXPECT_EQ(tell(100, 20), 1);
  EXPECT_EQ(tell(100, 19), 0);
  EXPECT_EQ(tell(100, 0), 1);
  EXPECT_EQ(tell(200, 100), 0);
  EXPECT_EQ(tell(200, 10), 1);
}

TEST_F(AlertPassTest, LowCreditIsTakenFromTheLedger) {
  const auto organization = owner_.organization_id.text();
  const auto project = owner_.default_project_id.text();
  const auto grant = [&](std::string id, std::int64_t dollars, std::string of_project,
                         std::optional<WallTime> end = std::nullopt) {
    const ledger::CreditGrant made{
        .id = std::move(id),
        .owner = {.organization_id = organization, .project_id = std::move(of_project)},
        .amount = usd(dollars),
        .expires_at = end,
        .granted_at = kStart};
    EXPECT_TRUE(database().write(
        [&](soci::session& session) { return ledger::add_credit_grant(session, made); }));
  };
  const auto drain = [&](std::int64_t dollars, const std::string& of_project) {
    run_sql(
        fmt::format("UPDATE credit_grants SET remaining = remaining - {} WHERE project_id = '{}'",
                    usd(dollars).count(), of_project));
  };
  grant("g1", 100, "");
  grant("g2", 10, project, kStart + hours{1});
  spend(1);
  EXPECT_EQ(look(), 0);
  drain(80, "");
  EXPECT_EQ(look(), 1);
  EXPECT_NE(mail().subject.find("has $20.00 of its credit left"), std::string::npos);
  EXPECT_EQ(look(), 0);
  EXPECT_EQ(look_at_all_alerts(desk(), kStart), 0) << "nor after a restart";
  EXPECT_EQ(look(kStart + hours{1}), 1) << "the project's has ended, booked or not";
  EXPECT_NE(mail().subject.find("has no credit left"), std::string::npos);
  spending_.clear();
  drain(20, "");
  EXPECT_EQ(look(), 0) << "it has not spent";
  EXPECT_EQ(look_at_all_alerts(desk(), kStart + hours{1}), 1);
}

}  // namespace
}  // namespace tg::notify
