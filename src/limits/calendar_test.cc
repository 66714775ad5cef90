// SPDX-License-Identifier: Apache-2.0
#include "limits/calendar.h"

#include <array>

#include "limits/limits_testing.h"

namespace tg::limits {
namespace {

using namespace std::chrono_literals;

TimeZone zone(std::string_view name) {
  const auto found = TimeZone::find(name);
  EXPECT_TRUE(found) << name;
  return *found;
}

WallTime utc(int year, unsigned month, unsigned day, std::chrono::milliseconds time = 0ms) {
  return std::chrono::sys_days{std::chrono::year{year} / static_cast<int>(month) /
                               static_cast<int>(day)} +
         time;
}

auto hours_of(const Interval& interval) {
  return std::chrono::duration<double, std::ratio<3600>>{interval.end - interval.begin}.count();
}

TEST(TimeZone, FindsIanaNamesAndNothingElse) {
  for (const auto* name : {"UTC", "Europe/Berlin", "Etc/UTC", "Asia/Kolkata"}) {
    EXPECT_TRUE(TimeZone::find(name)) << name;
  }
  for (const auto* name :
       {"", "Europe", "Europe/Nowhere", "../../etc/passwd", "right/Europe/Berlin", "posix/UTC",
        "zone.tab", "/usr/share/zoneinfo/Europe/Berlin"}) {
    EXPECT_FALSE(TimeZone::find(name)) << name;
  }
}

TEST(TimeZone, PeriodsOfUtcAreThoseOfItsCalendar) {
  const TimeZone zone;
  const auto time = utc(2026, 11, 25, 9h + 17min + 5s + 3ms);  // a Wednesday
  const auto expect = [&](Period period, WallTime begin, WallTime end) {
    EXPECT_EQ(zone.period(period, time), (Interval{begin, end})) << name(period);
  };
  expect(Period::kMinute, utc(2026, 11, 25, 9h + 17min), utc(2026, 11, 25, 9h + 18min));
  expect(Period::kHour, utc(2026, 11, 25, 9h), utc(2026, 11, 25, 10h));
  expect(Period::kDay, utc(2026, 11, 25), utc(2026, 11, 26));
  expect(Period::kWeek, utc(2026, 11, 23), utc(2026, 11, 30));
  expect(Period::kMonth, utc(2026, 11, 1), utc(2026, 12, 1));
  expect(Period::kQuarter, utc(2026, 10, 1), utc(2027, 1, 1));
  expect(Period::kYear, utc(2026, 1, 1), utc(2027, 1, 1));
  expect(Period::kTotal, WallTime::min(), WallTime::max());
}

TEST(TimeZone, ADayOfSummerTimesBeginHas23HoursAndOneOfItsEnd25) {
  const auto berlin = zone("Europe/Berlin");
  EXPECT_EQ(berlin.period(Period::kDay, utc(2026, 3, 29, 12h)),
            (Interval{utc(2026, 3, 28, 23h), utc(2026, 3, 29, 22h)}));
  EXPECT_EQ(berlin.period(Period::kDay, utc(2026, 10, 25, 12h)),
            (Interval{utc(2026, 10, 24, 22h), utc(2026, 10, 25, 23h)}));
  EXPECT_EQ(berlin.period(Period::kMonth, utc(2026, 10, 31, 23h)),
            (Interval{utc(2026, 10, 31, 23h), utc(2026, 11, 30, 23h)}));
}

TEST(TimeZone, AnHourThatComesTwiceIsTwoPeriods) {
  const auto berlin = zone("Europe/Berlin");
  EXPECT_EQ(berlin.period(Period::kHour, utc(2026, 10, 25, 30min)).begin, utc(2026, 10, 25));
  EXPECT_EQ(berlin.period(Period::kHour, utc(2026, 10, 25, 1h + 30min)),
            (Interval{utc(2026, 10, 25, 1h), utc(2026, 10, 25, 2h)}));
  EXPECT_EQ(zone("Asia/Kolkata").period(Period::kHour, utc(2026, 1, 1, 10min)),
            (Interval{utc(2025, 12, 31, 23h + 30min), utc(2026, 1, 1, 30min)}));
}

TEST(TimeZone, ADayWhoseMidnightIsLeaptOverBeginsWithTheLeap) {
  EXPECT_EQ(zone("America/Sao_Paulo").period(Period::kDay, utc(2018, 11, 4, 12h)),
            (Interval{utc(2018, 11, 4, 3h), utc(2018, 11, 5, 2h)}));
}

TEST(TimeZone, ADayWhoseMidnightComesTwiceBeginsWithTheFirst) {
  // Until 2011 Newfoundland put its clocks back at a minute past midnight, to yesterday.
  const auto newfoundland = zone("America/St_Johns");
  const auto sunday = newfoundland.period(Period::kDay, utc(2010, 11, 7, 12h));
  EXPECT_EQ(sunday.begin, utc(2010, 11, 7, 2h + 30min));
  EXPECT_DOUBLE_EQ(hours_of(sunday), 25.0);
  EXPECT_EQ(newfoundland.period(Period::kDay, utc(2010, 11, 7, 3h)), sunday);
}

TEST(TimeZone, ADayThatAZoneLeftOutHasNoPeriod) {
  const auto apia = zone("Pacific/Apia");
  const auto before = apia.period(Period::kDay, utc(2011, 12, 30, 9h));
  EXPECT_EQ(apia.format(before.begin), "2011-12-29T00:00:00-10:00");
  EXPECT_EQ(apia.format(before.end), "2011-12-31T00:00:00+14:00");
  EXPECT_DOUBLE_EQ(hours_of(before), 24.0);
}

TEST(TimeZone, FormatsLocalTimeWithItsOffset) {
  EXPECT_EQ(zone("Europe/Berlin").format(utc(2026, 11, 30, 23h)), "2026-12-01T00:00:00+01:00");
  EXPECT_EQ(zone("America/St_Johns").format(utc(2026, 1, 1)), "2025-12-31T20:30:00-03:30");
  EXPECT_EQ(TimeZone{}.format(utc(2026, 12, 1, 999ms)), "2026-12-01T00:00:00+00:00");
}

class TimeZoneTiling : public testing::TestWithParam<const char*> {};

TEST_P(TimeZoneTiling, PeriodsFollowEachOtherWithoutGapOrOverlap) {
  const auto zone = limits::zone(GetParam());
  Random random;
  SCOPED_TRACE(testing::Message() << "seed " << random.seed());
  constexpr std::array kPeriods{Period::kMinute, Period::kHour,    Period::kDay, Period::kWeek,
                                Period::kMonth,  Period::kQuarter, Period::kYear};
  for (int round = 0; round < 3'000; ++round) {
    const auto time =
        from_unix_ms(random.pick(to_unix_ms(utc(1995, 1, 1)), to_unix_ms(utc(2036, 1, 1))));
    for (const auto period : kPeriods) {
      const auto here = zone.period(period, time);
      SCOPED_TRACE(testing::Message() << name(period) << " at " << to_unix_ms(time));
      ASSERT_TRUE(here.contains(time));
      ASSERT_EQ(zone.period(period, here.begin), here);
      ASSERT_EQ(zone.period(period, here.end - 1ms), here);
      ASSERT_EQ(zone.period(period, here.end).begin, here.end);
      ASSERT_EQ(zone.period(period, here.begin - 1ms).end, here.begin);
    }
  }
}

TEST_P(TimeZoneTiling, EveryDayOfThirtyYearsIsFoundFromEachOfItsHalfHours) {
  const auto zone = limits::zone(GetParam());
  auto day = zone.period(Period::kDay, utc(2005, 1, 1));
  while (day.begin < utc(2035, 1, 1)) {
    ASSERT_GE(hours_of(day), 22.0) << zone.format(day.begin);
    ASSERT_LE(hours_of(day), 26.0) << zone.format(day.begin);
    for (auto time = day.begin; time < day.end; time += 30min) {
      ASSERT_EQ(zone.period(Period::kDay, time), day) << zone.format(time);
    }
    const auto next = zone.period(Period::kDay, day.end);
    ASSERT_EQ(next.begin, day.end);
    ASSERT_NE(zone.format(next.begin).substr(0, 10), zone.format(day.begin).substr(0, 10));
    day = next;
  }
}

TEST_P(TimeZoneTiling, WeeksBeginOnMonday) {
  const auto zone = limits::zone(GetParam());
  // 2024-01-01 was one.
  auto monday = utc(2024, 1, 1);
  for (int week = 0; week < 300; ++week, monday += 24h * 7) {
    const auto begin = zone.period(Period::kWeek, monday + 24h * 3).begin;
    EXPECT_EQ(zone.format(begin).substr(0, 10), format_utc(monday).substr(0, 10));
  }
}

INSTANTIATE_TEST_SUITE_P(Zones, TimeZoneTiling,
                         testing::Values("UTC", "Europe/Berlin", "America/Sao_Paulo",
                                         "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia",
                                         "America/St_Johns", "America/Havana", "Africa/Casablanca",
                                         "Asia/Tehran"));

}  // namespace
}  // namespace tg::limits
