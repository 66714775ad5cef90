// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import { format_duration_ms, format_instant, format_relative, tomorrow } from "./time";

const kNow = Date.UTC(2026, 2, 1, 0, 30);

test("ages are told in the largest whole unit", () => {
  expect(format_relative(kNow, kNow)).toBe("just now");
  expect(format_relative(kNow - 59_999, kNow)).toBe("just now");
  expect(format_relative(kNow - 60_000, kNow)).toBe("1 minute ago");
  expect(format_relative(kNow - 3 * 3_600_000, kNow)).toBe("3 hours ago");
  expect(format_relative(kNow - 86_400_000, kNow)).toBe("yesterday");
});

test("a server's clock ahead of ours is not the future", () => {
  expect(format_relative(kNow + 5_000, kNow)).toBe("just now");
});

test("durations change their unit at a second", () => {
  expect(format_duration_ms(999)).toBe("999 ms");
  expect(format_duration_ms(12_430)).toBe("12.4 s");
});

test("an instant is UTC's, and a midnight is its day", () => {
  expect(format_instant(Date.UTC(2026, 11, 1) / 1_000)).toBe("1 Dec 2026 (UTC)");
  expect(format_instant(Date.UTC(2026, 8, 1, 9) / 1_000)).toBe("1 Sep 2026, 09:00:00 (UTC)");
});

test("the first day that has not begun is tomorrow in UTC", () => {
  expect(tomorrow(Date.parse("2026-11-30T23:59:59Z"))).toBe("2026-12-01");
});
