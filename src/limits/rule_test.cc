// SPDX-License-Identifier: Apache-2.0
#include "limits/rule.h"

#include <gtest/gtest.h>

namespace tg::limits {
namespace {

TEST(Rule, NamesAreReadBackAsWhatTheyName) {
  for (const auto metric :
       {Metric::kMoney, Metric::kTokens, Metric::kRequests, Metric::kConcurrency}) {
    EXPECT_EQ(parse_metric(name(metric)), metric);
  }
  for (const auto period : {Period::kMinute, Period::kHour, Period::kDay, Period::kWeek,
                            Period::kMonth, Period::kQuarter, Period::kYear, Period::kTotal}) {
    EXPECT_EQ(parse_period(name(period)), period);
  }
  for (const auto window : {Window::kCalendar, Window::kRolling, Window::kRate}) {
    EXPECT_EQ(parse_window(name(window)), window);
  }
  EXPECT_FALSE(parse_metric("Money"));
  EXPECT_FALSE(parse_period(""));
  EXPECT_FALSE(parse_window("fixed"));
}

TEST(Rule, CombinationsThatMakeNoSenseAreRefused) {
  EXPECT_TRUE(check({}));
  EXPECT_TRUE(check({.metric = Metric::kConcurrency, .amount = 5}));
  EXPECT_TRUE(check({.period = Period::kWeek, .window = Window::kRolling}));
  EXPECT_TRUE(check({.period = Period::kDay, .time_zone = "Europe/Berlin"}));

  EXPECT_FALSE(check({.amount = -1}));
  EXPECT_FALSE(check({.metric = Metric::kConcurrency, .period = Period::kMinute}));
  EXPECT_FALSE(check({.metric = Metric::kConcurrency, .window = Window::kRate}));
  EXPECT_TRUE(
      check({.metric = Metric::kImages, .period = Period::kMinute, .window = Window::kRate}));
  EXPECT_TRUE(check({.metric = Metric::kAudio, .period = Period::kMinute}));
  EXPECT_FALSE(check({.metric = Metric::kImages, .period = Period::kDay}));
  EXPECT_FALSE(check({.metric = Metric::kAudio}));
  EXPECT_FALSE(check({.window = Window::kRolling}));
  EXPECT_FALSE(check({.window = Window::kRate}));
  EXPECT_FALSE(check({.period = Period::kDay, .time_zone = "Berlin"}));
}

}  // namespace
}  // namespace tg::limits
