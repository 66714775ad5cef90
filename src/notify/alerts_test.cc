// SPDX-License-Identifier: Apache-2.0
#include "notify/alerts.h"

#include <soci/soci.h>

#include "identity/test_instance.h"

namespace tg::notify {
namespace {

using identity::LimitScope;

class AlertsTest : public identity::TestInstance {
 protected:
  AlertsTest() : owner_{make_owner()} {}

  Alert alert() const {
    return {.scope = LimitScope::kOrganization,
            .target_id = owner_.organization_id.text(),
            .organization_id = owner_.organization_id.text(),
            .threshold = NanoUsd{5},
            .recipients = {"ops@example.org"}};
  }
  Result<Alert> add(const Alert& wanted) { return add_alert(database(), wanted, {}, kStart); }
  std::vector<Alert> all() {
    return list_alerts(database(), {.target_id = owner_.organization_id.text()}).value();
  }

  const identity::User owner_;
};

TEST_F(AlertsTest, AreListedInTheOrderInWhichTheyWereMade) {
  std::vector<std::string> made;
  for (int i = 0; i < 5; ++i) made.push_back(add(alert())->id);
  std::vector<std::string> listed;
  for (const auto& each : all()) listed.push_back(each.id);
  EXPECT_EQ(listed, made);
}

TEST_F(AlertsTest, WhatWasWrittenIsRead) {
  auto wanted = alert();
  wanted.recipients = {"a@example.org", "B@example.org"};
  wanted.subject_prefix = "«spend»";
  const auto added = add(wanted).value();
  EXPECT_EQ(find_alert(database(), added.id).value(), added);
  EXPECT_EQ(all(), std::vector{added});
}

TEST_F(AlertsTest, ChangeTouchesWhatItNames) {
  const auto before = add(alert()).value();
  const auto later = kStart + std::chrono::hours{1};
  const auto changed =
      update_alert(database(), before.id, {.recipients = {{"b@example.org"}}}, {}, later).value();
  EXPECT_EQ(changed.threshold, before.threshold);
  EXPECT_EQ(changed.armed_at, kStart) << "whom it tells does not arm it";
  const auto raised =
      update_alert(database(), before.id, {.threshold = NanoUsd{6}}, {}, later).value();
  EXPECT_EQ(raised.armed_at, later);
}

TEST_F(AlertsTest, ChangeThatChangesNothingLeavesNoAuditEntry) {
  const auto before = add(alert()).value();
  const auto entries = count("SELECT count(*) FROM audit_log");
  ASSERT_TRUE(
      update_alert(database(), before.id, {.threshold = before.threshold}, {}, kStart).has_value());
  EXPECT_EQ(count("SELECT count(*) FROM audit_log"), entries);
}

TEST_F(AlertsTest, AuditHasNoAddresses) {
  const auto added = add(alert()).value();
  ASSERT_TRUE(
      update_alert(database(), added.id, {.threshold = NanoUsd{9}}, {}, kStart).has_value());
  ASSERT_TRUE(remove_alert(database(), added.id, {}, kStart).has_value());
  EXPECT_EQ(count("SELECT count(*) FROM audit_log WHERE action LIKE 'tollgate.alert.%'"), 3);
  EXPECT_EQ(count("SELECT count(*) FROM audit_log WHERE detail LIKE '%ops@%'"), 0);
}

TEST_F(AlertsTest, AreBoundedOnEachTarget) {
  for (std::size_t i = 0; i < kAlertsMax; ++i) ASSERT_TRUE(add(alert()).has_value());
  EXPECT_EQ(identity::code_of(add(alert())), Code::kFieldInvalid);
}

TEST_F(AlertsTest, RefusesWhatCannotBe) {
  const auto refuses = [&](auto change) {
    auto wanted = alert();
    change(wanted);
    return identity::code_of(add(wanted)) == Code::kFieldInvalid;
  };
  EXPECT_TRUE(refuses([](Alert& it) { it.recipients.clear(); }));
  EXPECT_TRUE(refuses([](Alert& it) { it.recipients = {"nobody"}; }));
  EXPECT_TRUE(refuses([](Alert& it) { it.recipients = {"a@b.example\r\nBcc: c@d.example"}; }));
  EXPECT_TRUE(refuses([](Alert& it) { it.recipients = {"a@b.example", "A@B.example"}; }));
  EXPECT_TRUE(refuses([](Alert& it) { it.recipients.assign(21, "a@b.example"); }));
  EXPECT_TRUE(refuses([](Alert& it) { it.subject_prefix = "a\nb"; }));
  EXPECT_TRUE(refuses([](Alert& it) { it.subject_prefix = "win at https://x.example"; }));
  EXPECT_TRUE(refuses([](Alert& it) { it.threshold = NanoUsd{-1}; }));
}

TEST_F(AlertsTest, LimitsThatNobodyCanBeToldOf) {
  using limits::Metric;
  using limits::Period;
  using limits::Window;
  EXPECT_TRUE(check_alerted_limit({.period = Period::kDay}).has_value());
  EXPECT_TRUE(check_alerted_limit({.period = Period::kTotal}).has_value());
  for (const limits::Rule& rule : {limits::Rule{.metric = Metric::kTokens, .period = Period::kDay},
                                   limits::Rule{.period = Period::kMonth, .window = Window::kRate},
                                   limits::Rule{.period = Period::kHour}}) {
    EXPECT_EQ(identity::code_of(check_alerted_limit(rule)), Code::kFieldInvalid);
  }
}

}  // namespace
}  // namespace tg::notify
