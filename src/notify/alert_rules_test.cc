// SPDX-License-Identifier: Apache-2.0
#include "notify/alert_rules.h"

#include <gtest/gtest.h>

namespace tg::notify {
namespace {

using limits::Period;
using limits::Rule;
using limits::Window;

constexpr WallTime kNow{std::chrono::milliseconds{1'795'521'600'000}};  // 2026-11-24 12:00
const AlertWindow kMonth = window_of({.period = Period::kMonth}, kNow);

std::vector<int> percents_of(const std::vector<Threshold>& thresholds) {
  std::vector<int> percents;
  for (const auto& threshold : thresholds) percents.push_back(threshold.percent);
  return percents;
}

Decision decide_on(NanoUsd threshold, NanoUsd spent, const std::vector<Notice>& notices = {}) {
  const Threshold one{.amount = threshold};
  return decide({&one, 1}, spent, notices, kMonth);
}

Notice told_at(NanoUsd threshold, WallTime window = kMonth.time.begin) {
  return {.window = window, .threshold = threshold, .spent = threshold, .sent_at = kNow};
}

TEST(AlertRules, ThresholdIsReachedExactly) {
  EXPECT_TRUE(decide_on(NanoUsd{100}, NanoUsd{99}).reached.empty());
  EXPECT_EQ(decide_on(NanoUsd{100}, NanoUsd{100}).reached.size(), 1U);
}

TEST(AlertRules, NothingSpentReachesNothing) {
  EXPECT_TRUE(decide_on(NanoUsd{0}, NanoUsd{0}).reached.empty());
  EXPECT_EQ(decide_on(NanoUsd{0}, NanoUsd{1}).reached.size(), 1U);
}

TEST(AlertRules, IsToldOnceInAWindow) {
  const auto spent = NanoUsd{200};
  EXPECT_TRUE(decide_on(NanoUsd{100}, spent, {told_at(NanoUsd{100})}).reached.empty());
  const auto last_month = told_at(NanoUsd{100}, kMonth.time.begin - std::chrono::hours{24 * 31});
  EXPECT_EQ(decide_on(NanoUsd{100}, spent, {last_month}).reached.size(), 1U);
}

TEST(AlertRules, RaisedAboveWhatIsSpentIsArmedAgain) {
  const std::vector told{told_at(NanoUsd{100})};
  EXPECT_EQ(decide_on(NanoUsd{300}, NanoUsd{200}, told).armed.size(), 1U);
  const auto below = decide_on(NanoUsd{150}, NanoUsd{200}, told);
  EXPECT_TRUE(below.armed.empty() && below.reached.empty()) << "it was told already";
  const auto lowered = decide_on(NanoUsd{50}, NanoUsd{200}, told);
  EXPECT_TRUE(lowered.armed.empty() && lowered.reached.empty());
}

TEST(AlertRules, ShareOfALimitIsRoundedUp) {
  const Rule soft{.amount = 1'001, .hard = false};
  const auto thresholds = thresholds_of({1, 50, 100}, soft);
  EXPECT_EQ(thresholds[0].amount, NanoUsd{11});
  EXPECT_EQ(thresholds[1].amount, NanoUsd{501});
  EXPECT_EQ(thresholds[2].amount, NanoUsd{1'001});
  const Rule large{.amount = NanoUsd::max().count(), .hard = false};
  EXPECT_EQ(thresholds_of({100}, large).front().amount, NanoUsd::max());
}

TEST(AlertRules, AllOfALimitThatRefusesIsToldAtNinetyNine) {
  EXPECT_EQ(thresholds_of({100}, {.amount = 1'000}).front().amount, NanoUsd{990});
}

TEST(AlertRules, AllPercentagesThatAreReachedComeTogether) {
  const auto thresholds = thresholds_of({50, 80, 100}, {.amount = 1'000});
  const std::vector<Notice> told{{.percent = 50,
                                  .window = kMonth.time.begin,
                                  .threshold = NanoUsd{500},
                                  .spent = NanoUsd{600},
                                  .sent_at = kNow}};
  EXPECT_EQ(percents_of(decide(thresholds, NanoUsd{850}, {}, kMonth).reached),
            (std::vector{50, 80}));
  EXPECT_EQ(percents_of(decide(thresholds, NanoUsd{1'000}, told, kMonth).reached),
            (std::vector{80, 100}));
}

TEST(AlertRules, LowerPercentageThatIsAskedForLaterIsNoNews) {
  const std::vector<Notice> told{{.percent = 80,
                                  .window = kMonth.time.begin,
                                  .threshold = NanoUsd{800},
                                  .spent = NanoUsd{850},
                                  .sent_at = kNow}};
  const auto thresholds = thresholds_of({50, 80, 90}, {.amount = 1'000});
  EXPECT_TRUE(decide(thresholds, NanoUsd{850}, told, kMonth).reached.empty());
  EXPECT_EQ(percents_of(decide(thresholds, NanoUsd{900}, told, kMonth).reached), std::vector{90});
  const auto raised = thresholds_of({50, 80}, {.amount = 2'000});
  EXPECT_EQ(percents_of(decide(raised, NanoUsd{1'000}, told, kMonth).reached), std::vector{50});
}

TEST(AlertRules, RollingWindowTellsOnceInItsLengthAndArmsNothingByItself) {
  const auto window = window_of({.period = Period::kDay, .window = Window::kRolling}, kNow);
  EXPECT_EQ(window.time.end - window.time.begin, std::chrono::hours{24});
  const Threshold one{.amount = NanoUsd{100}};
  const auto after = [&](std::chrono::hours age, NanoUsd spent) {
    const Notice told{.window = kNow - age, .threshold = NanoUsd{100}, .spent = NanoUsd{100}};
    return decide({&one, 1}, spent, {&told, 1}, window);
  };
  EXPECT_TRUE(after(std::chrono::hours{23}, NanoUsd{100}).reached.empty());
  EXPECT_EQ(after(std::chrono::hours{24}, NanoUsd{100}).reached.size(), 1U);
  EXPECT_TRUE(after(std::chrono::hours{23}, NanoUsd{10}).armed.empty());
}

TEST(AlertRules, TotalIsOneWindowForEver) {
  const auto window = window_of({.period = Period::kTotal}, kNow);
  EXPECT_EQ(window.time.begin, from_unix_ms(0));
  EXPECT_EQ(window.time.end, WallTime::max());
}

}  // namespace
}  // namespace tg::notify
