// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import {
  add_days,
  count_days,
  days_before,
  days_of,
  is_day,
  is_time_zone,
  today_in,
} from "./usage_days";

const kToday = "2026-03-02";

test("each range has its days, both ends counted", () => {
  expect(days_of("today", kToday)).toEqual({ from: kToday, to: kToday });
  expect(days_of("7_days", kToday)).toEqual({ from: "2026-02-24", to: kToday });
  expect(count_days(days_of("30_days", kToday))).toBe(30);
  expect(days_of("this_month", kToday)).toEqual({ from: "2026-03-01", to: kToday });
  expect(days_of("last_month", kToday)).toEqual({ from: "2026-02-01", to: "2026-02-28" });
  expect(days_of("last_month", "2026-01-31")).toEqual({ from: "2025-12-01", to: "2025-12-31" });
  expect(days_of("this_year", kToday)).toEqual({ from: "2026-01-01", to: kToday });
});

test("today is the zone's", () => {
  const late = Date.parse("2026-11-26T20:00:00Z");
  expect(today_in("UTC", late)).toBe("2026-11-26");
  expect(today_in("Asia/Kathmandu", late)).toBe("2026-11-27");
  expect(today_in("America/New_York", Date.parse("2026-11-26T04:59:59Z"))).toBe("2026-11-25");
});

test("a whole range is compared with as many whole days", () => {
  const now = Date.parse("2026-03-15T12:00:00Z");
  expect(days_before({ from: "2026-02-01", to: "2026-02-28" }, "UTC", now)).toEqual({
    from: "2026-01-04",
    to: "2026-01-31",
  });
});

test("a day that runs is compared with the day before up to the same minute", () => {
  const now = Date.parse("2026-11-26T13:20:30+01:00");
  expect(days_before({ from: "2026-11-26", to: "2026-11-26" }, "Europe/Berlin", now)).toEqual({
    from: "2026-11-25",
    to: Date.parse("2026-11-25T13:21:00+01:00") / 1_000,
  });
});

test("a day's first minute has one to be compared with", () => {
  const now = Date.parse("2026-11-26T00:00:00Z");
  const { to } = days_before({ from: "2026-11-26", to: "2026-11-26" }, "UTC", now);
  expect(to).toBe(Date.parse("2026-11-25T00:01:00Z") / 1_000);
});

test("the same time of the day, also across a change of clocks", () => {
  const now = Date.parse("2026-10-26T10:00:00+01:00");
  const { from, to } = days_before(
    { from: "2026-10-20", to: "2026-10-26" },
    "Europe/Berlin",
    now,
  );
  expect(from).toBe("2026-10-13");
  expect(to).toBe(Date.parse("2026-10-19T10:01:00+02:00") / 1_000);
});

test("only days are days, and only names are time zones", () => {
  for (const no of ["2026-02-29", "2026-13-01", "0002-01-01", "1970-12-31", "today", "", 7, null]) {
    expect(is_day(no), String(no)).toBe(false);
  }
  expect(is_day("2028-02-29")).toBe(true);
  expect(add_days("2028-02-28", 1)).toBe("2028-02-29");
  expect(is_time_zone("Europe/Berlin")).toBe(true);
  for (const no of ["Mars/Olympus", "+05:30", ""]) expect(is_time_zone(no), no).toBe(false);
});
