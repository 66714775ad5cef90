// SPDX-License-Identifier: Apache-2.0
#include "notify/alert_watch.h"

#include <soci/soci.h>

#include <array>
#include <atomic>

#include "identity/test_instance.h"
#include "ledger/ledger_writer.h"
#include "notify/alerts.h"

namespace tg::notify {
namespace {

class AlertWatchTest : public identity::TestInstance {
 protected:
  AlertWatchTest() : owner_{make_owner()} {
    const auto added = add_alert(database(),
                                 {.scope = identity::LimitScope::kOrganization,
                                  .target_id = owner_.organization_id.text(),
                                  .organization_id = owner_.organization_id.text(),
                                  .threshold = NanoUsd{100},
                                  .recipients = {"ops@example.org"}},
                                 {});
    TG_CHECK(added.has_value());
  }

  ledger::UsageEvent call(std::uint64_t sequence, std::int64_t nanousd) const {
    return {.id = {.epoch = 1, .worker = 0, .sequence = sequence},
            .admission = {.at = wall_now(),
                          .key_id = "key_1",
                          .owner_id = owner_.id.text(),
                          .project_id = owner_.default_project_id.text(),
                          .organization_id = owner_.organization_id.text()},
            .settlement = {.charge = NanoUsd{nanousd}}};
  }
  void write(const ledger::UsageEvent& event) {
    ASSERT_TRUE(ledger::write_ledger(database(), {.events = {event}, .positions = {}}));
  }
  std::unique_ptr<AlertWatch> watch() {
    return std::make_unique<AlertWatch>(
        AlertDesk{.database = database(), .master_key = key_, .console_url = "https://t.test"},
        [this] { ++woken_; });
  }
  long long mails() { return count("SELECT count(*) FROM outbox"); }
  bool comes_true(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }

  const identity::User owner_;
  const SecretBytes key_{std::string_view{"0123456789abcdef0123456789abcdef"}};
  std::atomic<int> woken_ = 0;
};

TEST_F(AlertWatchTest, WhatWasReachedBeforeTheStartIsToldAtTheStart) {
  write(call(1, 100));
  const auto watching = watch();
  EXPECT_TRUE(comes_true([&] { return woken_ == 1; }));
  EXPECT_EQ(mails(), 1);
}

TEST_F(AlertWatchTest, SettledCallsAreLookedAt) {
  const auto watching = watch();
  const auto first = call(1, 60);
  write(first);
  watching->on_settled({&first, 1});
  const auto second = call(2, 60);
  write(second);
  watching->on_settled({&second, 1});
  EXPECT_TRUE(comes_true([&] { return woken_ == 1; }));
  EXPECT_EQ(mails(), 1);
}

TEST_F(AlertWatchTest, OperatorsHearOfAModelWithoutAPriceOnceADay) {
  const auto watching = watch();
  auto first = call(1, 5);
  first.admission.upstream_model = "nobody-knows-1";
  first.settlement.flags = flag(ledger::EventFlag::kUnpricedModel);
  watching->on_settled({&first, 1});
  EXPECT_TRUE(comes_true([&] { return mails() == 1; }));
  auto second = first;
  second.admission.upstream_model = "nobody-knows-2";
  const std::array both{first, second};
  watching->on_settled(both);
  EXPECT_TRUE(comes_true([&] { return mails() == 2; }));
  watching->stop();
  const AlertDesk desk{.database = database(), .master_key = key_, .console_url = "https://t.test"};
  const auto now = wall_now();
  EXPECT_EQ(*tell_unpriced_calls(desk, {{"nobody-knows-1", "org"}}, now), 0);
  EXPECT_EQ(*tell_unpriced_calls(desk, {{"nobody-knows-1", "org"}}, now + std::chrono::days{1}), 1);
  EXPECT_EQ(count("SELECT count(*) FROM unpriced_notices"), 1) << "yesterday's are gone";
}

TEST_F(AlertWatchTest, EndsWhileItWaits) {
  const auto watching = watch();
  watching->stop();
  watching->stop();
}

}  // namespace
}  // namespace tg::notify
