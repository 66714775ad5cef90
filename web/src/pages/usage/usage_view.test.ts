// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import { count_days } from "./usage_days";
import {
  days_of_view,
  filters_of,
  groupings_of,
  narrowed,
  question_of,
  read_view,
  step_of,
  step_that_suits,
  steps_for,
  widened,
} from "./usage_view";

const kNow = Date.parse("2026-11-26T12:00:00Z");

test("a bare address is the last week by key, in the browser's zone", () => {
  const view = read_view({});
  expect(view).toEqual({
    range: "7_days",
    time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    metric: "charge",
    by: "key",
  });
});

test("what a view says, its address says again", () => {
  const view = {
    range: "custom",
    from: "2026-01-02",
    to: "2026-02-03",
    time_zone: "Asia/Kathmandu",
    metric: "tokens",
    by: "project",
    and_by: "user",
    step: "week",
    sort: "calls",
    order: "ascending",
    key_id: "key_1",
    model: "gpt-5",
  };
  expect(read_view(view)).toEqual(view);
});

test("nonsense in an address is as if it were not there", () => {
  const view = read_view({
    range: "custom",
    from: "2026-02-30",
    time_zone: "Mars/Olympus",
    metric: 7,
    by: "colour",
    and_by: ["x"],
    step: "aeon",
    order: "sideways",
    model: {},
  });
  expect(view).toEqual(read_view({}));
});

test("a model whose name is a number stays a name", () => {
  expect(read_view({ model: 4 }).model).toBe("4");
});

test("nothing can be divided twice by the same", () => {
  expect(groupings_of(read_view({ by: "key", and_by: "key" }))).toEqual(["key"]);
  expect(groupings_of(read_view({ by: "none", and_by: "key" }))).toEqual([]);
});

test("hours up to two days, days up to a hundred, months beyond", () => {
  expect([1, 2, 3, 100, 101, 366].map(step_that_suits)).toEqual([
    "hour",
    "hour",
    "day",
    "day",
    "month",
    "month",
  ]);
});

test("no range is cut into more steps than the server answers", () => {
  for (const days of [1, 31, 32, 365, 1_400, 1_500, 20_000]) {
    const per_day = { hour: 24 + 1 / days, day: 1, week: 1 / 7, month: 1 / 28 };
    for (const { value } of steps_for(days)) {
      expect(days * per_day[value], `${days} days by ${value}`).toBeLessThanOrEqual(1_500);
    }
  }
});

test("a step that was chosen holds where it fits", () => {
  expect(step_of(read_view({ step: "hour" }), 30)).toBe("hour");
  expect(step_of(read_view({ step: "hour" }), 365)).toBe("month");
});

test("the question has the days, the step, the groups and the filters", () => {
  const view = read_view({ range: "today", time_zone: "UTC", by: "model", key_id: "key_1" });
  const days = days_of_view(view, kNow);
  expect(count_days(days)).toBe(1);
  expect(question_of(view, days)).toEqual({
    from: "2026-11-26",
    to: "2026-11-26",
    time_zone: "UTC",
    step: "hour",
    by: ["model"],
    filters: { key_id: "key_1" },
  });
});

test("narrowing goes on with what is not decided yet, and is taken back", () => {
  const view = read_view({ by: "model", and_by: "key", sort: "calls" });
  const narrow = narrowed(view, { model: "gpt-5", key_id: "key_1" });
  expect(filters_of(narrow)).toEqual({ model: "gpt-5", key_id: "key_1" });
  expect(narrow.by).toBe("project");
  expect(narrow.and_by).toBeUndefined();
  expect(filters_of(widened(narrow, "model"))).toEqual({ key_id: "key_1" });
});
