// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import type { CallExplanation, ChargeExplanation } from "../../api/types";
import { format_factor, format_rule } from "./call_charge";
import { marks_of, notes_of, priced_model } from "./call_marks";

function explained(
  call: Partial<CallExplanation["call"]>,
  flags: string[] = [],
): CallExplanation {
  return {
    call: { usage_source: "provider", outcome: "completed", served_model: "gpt-4.1", ...call },
    upstream_model: "gpt-4.1-mini",
    flags: flags.map((name) => ({ name, meaning: `${name} is so.` })),
  } as CallExplanation;
}

const on = (each: CallExplanation) =>
  marks_of(each)
    .filter(({ is_on }) => is_on)
    .map(({ label, meaning }) => `${label}: ${meaning}`);

test("each mark is said, also where it is not so", () => {
  const marks = marks_of(explained({}));
  expect(marks.map(({ label }) => label)).toEqual([
    "not estimated",
    "all priced",
    "no mismatch",
    "not interrupted",
  ]);
  expect(marks.every(({ is_on, meaning }) => !is_on && meaning !== "")).toBe(true);
});

test("a mark says what the ledger says of it", () => {
  expect(on(explained({ usage_source: "estimated" }))).toEqual([
    "estimated: No provider said what was used: these counts are an estimate.",
  ]);
  expect(on(explained({}, ["unpriced_unit", "model_mismatch"]))).toEqual([
    "unpriced: unpriced_unit is so.",
    "mismatch: model_mismatch is so.",
  ]);
  expect(on(explained({ outcome: "interrupted" }))[0]).toMatch(/^interrupted: /);
  expect(on(explained({ usage_source: "counted" }))).toEqual([]);
});

test("other flags are notes", () => {
  const each = explained({}, ["unpriced", "charged_as_served", "output_capped"]);
  expect(notes_of(each).map(({ name }) => name)).toEqual(["charged_as_served", "output_capped"]);
});

test("prices are those of the model that answered, where these hold", () => {
  expect(priced_model(explained({}))).toBe("gpt-4.1-mini");
  expect(priced_model(explained({}, ["charged_as_served"]))).toBe("gpt-4.1");
});

test("a factor has as many decimals as it needs", () => {
  expect([1_150_000, 1_000_000, 1, 0, 1_000_000_000].map(format_factor)).toEqual([
    "1.15",
    "1",
    "0.000001",
    "0",
    "1000",
  ]);
});

test("why an organization pays what it does", () => {
  const charge = { rule: "cost", factor_millionths: 1_150_000, price_sheet: null };
  const text_of = (rule: string) => format_rule({ ...charge, rule } as ChargeExplanation);
  expect(text_of("cost")).toBe("The organization pays what the provider asks.");
  expect(text_of("factor")).toContain("1.15 times the cost");
  expect(text_of("prices")).toContain("prices of its own");
});
