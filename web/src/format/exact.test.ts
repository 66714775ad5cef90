// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import { format_exact_nanousd, has_remainder } from "./exact";

test("no digit is lost on the way to dollars", () => {
  expect(format_exact_nanousd("266800.000000000")).toBe("$0.0002668");
  expect(format_exact_nanousd("0.506500000")).toBe("$0.0000000005065");
  expect(format_exact_nanousd("7500000.250000000")).toBe("$0.00750000025");
  expect(format_exact_nanousd("0.000000000")).toBe("$0.00");
  expect(format_exact_nanousd("1234567000000000.000000001")).toBe(
    "$1,234,567.000000000000000001",
  );
});

test("whether rounding changes it", () => {
  expect(has_remainder("266800.000000000")).toBe(false);
  expect(has_remainder("0.000000001")).toBe(true);
  expect(has_remainder("10.500000000")).toBe(true);
});
