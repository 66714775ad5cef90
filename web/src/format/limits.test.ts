// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import type { Limit } from "../api/types";
import { format_reset, format_rule, format_used, percent_used } from "./limits";

const kNow = Date.UTC(2026, 10, 25, 12);

const kMonthly: Limit = {
  object: "tollgate.limit",
  id: "limit_1",
  scope: "key",
  target_id: "key_1",
  target_name: "laptop",
  metric: "money",
  per: "month",
  window: "calendar",
  time_zone: "UTC",
  model: null,
  amount: 50_000_000_000,
  hard: true,
  trusts_upstream: true,
  set_by_owner: false,
  spent: 12_000_000_000,
  held: 400_000_000,
  left: 37_600_000_000,
  resets_at: Date.UTC(2026, 11, 1) / 1_000,
};

test("a limit is told in its own unit and period", () => {
  expect(format_rule(kMonthly)).toBe("$50.00 per month");
  expect(format_rule({ ...kMonthly, per: "total", hard: false })).toBe("$50.00 in total (soft)");
  expect(
    format_rule({
      ...kMonthly,
      metric: "requests",
      amount: 6000,
      per: "minute",
      window: "rate",
    }),
  ).toBe("6,000 requests per minute, as a rate");
  expect(format_rule({ ...kMonthly, metric: "concurrency", amount: 5, per: "total" })).toBe(
    "5 calls at once",
  );
});

test("what running calls hold counts as used", () => {
  expect(format_used(kMonthly)).toBe("$12.40 of $50.00");
  expect(percent_used(kMonthly)).toBeCloseTo(24.8);
  expect(percent_used({ ...kMonthly, spent: 99_000_000_000 })).toBe(100);
  expect(percent_used({ ...kMonthly, amount: 0, spent: 0, held: 0 })).toBe(100);
});

test("a reset is a day of the limit's own calendar", () => {
  expect(format_reset(kMonthly, kNow)).toBe("resets Dec 1");
  // Midnight of 1 December in Berlin is 30 November in UTC.
  const resets_at = Date.UTC(2026, 10, 30, 23) / 1_000;
  expect(format_reset({ ...kMonthly, time_zone: "Europe/Berlin", resets_at }, kNow)).toBe(
    "resets Dec 1",
  );
});

test("a reset within a day has a time, one that is past or never is not told", () => {
  const soon = { ...kMonthly, window: "rolling" as const, resets_at: kNow / 1_000 + 60 };
  expect(format_reset(soon, kNow)).toMatch(/^refills at \d{1,2}:01\s[AP]M$/);
  expect(format_reset({ ...kMonthly, resets_at: kNow / 1_000 }, kNow)).toBeNull();
  expect(format_reset({ ...kMonthly, resets_at: null }, kNow)).toBeNull();
});
