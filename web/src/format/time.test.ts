// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import { format_duration_ms, format_relative } from "./time";

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
