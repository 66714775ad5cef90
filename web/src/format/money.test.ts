// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import {
  cents_to_decimal,
  format_cents,
  format_nanousd,
  nanousd_to_decimal,
  nanousd_to_nine_digits,
  parse_cents,
  parse_usd,
} from "./money";

test("whole cents show two decimals", () => {
  expect(format_nanousd(0)).toBe("$0.00");
  expect(format_nanousd(12_500_000_000)).toBe("$12.50");
  expect(format_nanousd(100_000_000)).toBe("$0.10");
});

test("no nano-dollar is rounded away", () => {
  expect(format_nanousd(1)).toBe("$0.000000001");
  expect(format_nanousd(1_230_000)).toBe("$0.00123");
  expect(format_nanousd(9_007_199_254_740_991)).toBe("$9,007,199.254740991");
});

test("amounts past 2^53 stay exact as bigint", () => {
  expect(format_nanousd(9_223_372_036_854_775_807n)).toBe("$9,223,372,036.854775807");
});

test("thousands are grouped, decimals are not", () => {
  expect(format_nanousd(1_234_567_000_001_000)).toBe("$1,234,567.000001");
  expect(format_nanousd(999_000_000_000)).toBe("$999.00");
});

test("a negative amount keeps its sign before the dollar", () => {
  expect(format_nanousd(-1_500_000_000)).toBe("-$1.50");
});

test("a limit is taken as written, or not at all", () => {
  expect(parse_usd(" $12.50 ")).toBe("12.50");
  expect(parse_usd("0")).toBe("0");
  expect(parse_usd("0.000000001")).toBe("0.000000001");
  for (const wrong of ["", "-1", "1e3", "1,000", "1.", ".5", "0.0000000001", "NaN"]) {
    expect(parse_usd(wrong)).toBeNull();
  }
});

test("an amount in a field can be sent back unchanged", () => {
  const decimal = nanousd_to_decimal(1_234_567_000_001_000);
  expect(decimal).toBe("1234567.000001");
  expect(parse_usd(decimal)).toBe(decimal);
});

test("cents go to the field and back", () => {
  expect(format_cents(1_234_567)).toBe("$12,345.67");
  expect(parse_cents(cents_to_decimal(1_234_567))).toBe(1_234_567);
  expect(parse_cents("$100")).toBe(10_000);
  expect(parse_cents("0.5")).toBe(50);
  for (const wrong of ["", "0", "0.00", "1.234", "-1", "many"]) {
    expect(parse_cents(wrong)).toBeNull();
  }
});

test("programs get all nine digits", () => {
  expect(nanousd_to_nine_digits(0)).toBe("0.000000000");
  expect(nanousd_to_nine_digits(1)).toBe("0.000000001");
  expect(nanousd_to_nine_digits(12_500_000_000)).toBe("12.500000000");
  expect(nanousd_to_nine_digits(-1_230_000)).toBe("-0.001230000");
});
