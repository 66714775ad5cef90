// SPDX-License-Identifier: Apache-2.0
#include "ledger/limit_restore.h"

#include <vector>

#include "ledger/ledger_writer.h"
#include "ledger/test_calls.h"

namespace tg::ledger {
namespace {

using limits::Metric;
using limits::Period;
using limits::Window;
using std::chrono::seconds;

const WallTime kNow = from_unix_ms(kNoon2026Nov24Ms);  // a Tuesday

class LimitRestoreTest : public LedgerTest {
 protected:
  // A call of one key, charged `charge`, that used as many tokens.
  void call(WallTime at, std::int64_t charge) {
    UsageEvent event{.id = {.epoch = 1, .worker = 0, .sequence = ++sequence_},
                     .admission = test_admission(),
                     .settlement = {}};
    event.admission.at = at;
    event.settlement.charge = NanoUsd{charge};
    event.settlement.usage.input_text_tokens = charge;
    ASSERT_TRUE(write_ledger(*database_, {.events = {event}, .positions = {}}));
  }
  static Spender key() {
    return {.by = SpentBy::kKey, .id = test_admission().key_id.str(), .model = {}};
  }

  std::int64_t spent(const limits::Rule& rule) { return spent(key(), rule); }
  std::int64_t spent(const Spender& spender, const limits::Rule& rule) {
    auto limit = limits::Limit::make(rule).value();
    EXPECT_TRUE(restore_limit(*database_, spender, *limit, kNow));
    return limit->read(kNow).spent;
  }

 private:
  std::uint64_t sequence_ = 0;
};

TEST_F(LimitRestoreTest, CalendarPeriodsCountWhatWasAdmittedInThem) {
  call(kNow - std::chrono::days{400}, 1);
  call(kNow - std::chrono::days{60}, 10);       // September
  call(kNow - std::chrono::days{40}, 100);      // October
  call(kNow - std::chrono::days{10}, 1'000);    // November
  call(kNow - std::chrono::hours{30}, 10'000);  // Monday
  call(kNow - std::chrono::hours{2}, 100'000);  // today
  call(kNow, 1'000'000);                        // this minute
  const std::pair<Period, std::int64_t> periods[] = {
      {Period::kTotal, 1'111'111}, {Period::kYear, 1'111'110},  {Period::kQuarter, 1'111'100},
      {Period::kMonth, 1'111'000}, {Period::kWeek, 1'110'000},  {Period::kDay, 1'100'000},
      {Period::kHour, 1'000'000},  {Period::kMinute, 1'000'000}};
  for (const auto& [period, expected] : periods) {
    EXPECT_EQ(spent({.period = period, .amount = 1}), expected) << name(period);
  }
}

TEST_F(LimitRestoreTest, MinuteIsExactToTheMillisecond) {
  call(kNow - std::chrono::milliseconds{1}, 10);
  call(kNow, 100);
  auto limit = limits::Limit::make({.period = Period::kMinute, .amount = 1}).value();
  ASSERT_TRUE(restore_limit(*database_, key(), *limit, kNow + seconds{59}));
  EXPECT_EQ(limit->read(kNow + seconds{59}).spent, 100) << "the minute before does not count";
}

TEST_F(LimitRestoreTest, DayOfAZoneBeginsAtItsMidnight) {
  call(kNow - std::chrono::hours{14}, 1);  // 22:00 UTC, 23:00 in Berlin: yesterday in both
  call(kNow - std::chrono::minutes{12 * 60 + 30}, 10);  // 23:30 UTC, 00:30 in Berlin
  EXPECT_EQ(spent({.period = Period::kDay, .amount = 1}), 0);
  EXPECT_EQ(spent({.period = Period::kDay, .time_zone = "Europe/Berlin", .amount = 1}), 10);
}

TEST_F(LimitRestoreTest, RollingWindowsForgetWhatHasLeftThem) {
  call(kNow - std::chrono::hours{26}, 1);
  call(kNow - std::chrono::hours{2}, 10);
  call(kNow - seconds{61 + 60}, 100);
  call(kNow - seconds{1}, 1'000);
  const auto rolling = [this](Period period) {
    return spent({.period = period, .window = Window::kRolling, .amount = 1});
  };
  EXPECT_EQ(rolling(Period::kMinute), 1'000);
  EXPECT_EQ(rolling(Period::kHour), 1'100);
  EXPECT_EQ(rolling(Period::kDay), 1'110);
  EXPECT_EQ(rolling(Period::kWeek), 1'111);
}

TEST_F(LimitRestoreTest, EachMetricCountsItsOwn) {
  call(kNow, 700);
  call(kNow, 300);
  EXPECT_EQ(spent({.metric = Metric::kMoney, .amount = 1}), 1'000);
  EXPECT_EQ(spent({.metric = Metric::kTokens, .amount = 1}), 1'000);
  EXPECT_EQ(spent({.metric = Metric::kRequests, .amount = 1}), 2);
  EXPECT_EQ(spent({.metric = Metric::kConcurrency, .amount = 1}), 0);
}

TEST_F(LimitRestoreTest, ManyAreRestoredAtOnceEachForItsOwnSpender) {
  call(kNow, 5);
  const auto project = test_admission().project_id.str();
  const Spender spenders[] = {
      key(),
      {.by = SpentBy::kKey, .id = "key_other", .model = {}},
      {.by = SpentBy::kOwner, .id = test_admission().owner_id.str(), .model = {}},
      {.by = SpentBy::kProject, .id = project, .model = test_admission().upstream_model},
      {.by = SpentBy::kProject, .id = project, .model = "another-model"}};
  const std::int64_t expected[] = {5, 0, 5, 5, 0};
  for (const auto period : {Period::kTotal, Period::kMinute}) {
    std::vector<std::unique_ptr<limits::Limit>> made;
    std::vector<RestoredLimit> restored;
    for (const auto& spender : spenders) {
      made.push_back(limits::Limit::make({.period = period, .amount = 1}).value());
      restored.push_back({.spender = spender, .limit = *made.back()});
    }
    ASSERT_TRUE(restore_limits(*database_, restored, kNow));
    for (std::size_t i = 0; i < made.size(); ++i) {
      EXPECT_EQ(made[i]->read(kNow).spent, expected[i]) << i;
    }
  }
  EXPECT_TRUE(restore_limits(*database_, {}, kNow));
}

TEST_F(LimitRestoreTest, WhatWasCountedMeanwhileIsKept) {
  call(kNow - seconds{1}, 5);
  auto limit = limits::Limit::make({.amount = 100}).value();
  limit->add(7, kNow);
  ASSERT_TRUE(restore_limit(*database_, key(), *limit, kNow));
  EXPECT_EQ(limit->read(kNow).spent, 12);
}

}  // namespace
}  // namespace tg::ledger
