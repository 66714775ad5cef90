// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import type {
  InstanceOrganization,
  Price,
  PriceBook,
  PriceBookRule,
  PriceDecision,
} from "../../api/types";
import {
  fields_of_rule,
  payings_of,
  problem_of_factor,
  problem_of_model,
  removal_of,
  rule_of,
} from "./book_rules";
import { change_of, fields_of, kPriceProblems } from "./price_form";
import { states_of, without_replaced } from "./price_history";
import { lines_of, new_line, type PriceLine, prices_of, problem_of_above } from "./price_lines";

const kPrices: Price[] = [
  { unit: "output_text_token", nanousd_per_million: 1_600_000_000 },
  { unit: "input_text_token", nanousd_per_million: 200_000_000, tier: "batch" },
  { unit: "output_image", nanousd_per_million: 40_000_000_000_000, size: "1024x1024" },
];

function line(changes: Partial<PriceLine>): PriceLine {
  return { ...new_line("input_text_token"), ...changes };
}

test("the usual prices stand first, whether there are any or none", () => {
  expect(lines_of(kPrices).map(({ unit, usd, is_fixed }) => [unit, usd, is_fixed])).toEqual([
    ["input_text_token", "", true],
    ["cached_input_text_token", "", true],
    ["output_text_token", "1.60", true],
    ["input_text_token", "0.20", false],
    ["output_image", "0.04", false],
  ]);
});

test("what a form shows of prices, it sends again", () => {
  expect(prices_of(lines_of(kPrices))).toEqual([
    { unit: "output_text_token", usd_per_million: "1.60" },
    { unit: "input_text_token", usd_per_million: "0.20", tier: "batch" },
    { unit: "output_image", usd_per_unit: "0.04", size: "1024x1024" },
  ]);
});

test("a price above so many tokens of input", () => {
  expect(prices_of([line({ usd: "3", above: " 200000 " })])).toEqual([
    { unit: "input_text_token", usd_per_million: "3", above_input_tokens: 200_000 },
  ]);
  expect(problem_of_above("many")).not.toBeNull();
  expect(problem_of_above("")).toBeNull();
});

test("the usual may be left empty, what was added may not", () => {
  const lines = [line({ is_fixed: true }), line({ is_fixed: false })];
  const problem = (usd: string, i: number) =>
    kPriceProblems.lines.usd(usd, { lines }, `lines.${i}.usd`);
  expect(problem("", 0)).toBeNull();
  expect(problem("", 1)).not.toBeNull();
  expect(problem("1.2.3", 0)).not.toBeNull();
  expect(problem("1.25", 1)).toBeNull();
});

test("a decision says no more than was chosen", () => {
  const fields = fields_of({ model: "m", provider: "p", prices: [] });
  expect(change_of(fields, "free", false)).toEqual({ model: "m", provider: "p", kind: "free" });
  const lines = [line({ usd: "1" })];
  const more = { ...fields, provider: "", lines, only: true, from: "2026-12-01", reason: " why " };
  expect(change_of(more, "priced", true)).toEqual({
    model: "m",
    kind: "priced",
    prices: [{ unit: "input_text_token", usd_per_million: "1" }],
    only: true,
    from: "2026-12-01",
    reason: "why",
    confirm: true,
  });
});

test("of what was decided, one holds for each provider", () => {
  const decision = (provider: string | null, valid_from: number) =>
    ({ provider, valid_from }) as PriceDecision;
  const newest_first = [
    decision(null, 300),
    decision(null, 300),
    decision("azure", 90),
    decision(null, 100),
    decision(null, 50),
    decision("azure", 90),
  ];
  expect(states_of(newest_first, 200)).toEqual([
    "to come",
    "replaced",
    "holds",
    "holds",
    "past",
    "past",
  ]);
});

test("of two that begin at once, the later one is to come", () => {
  const decision = (provider: string | null, valid_from: number, reason: string) =>
    ({ provider, valid_from, reason }) as PriceDecision;
  const coming = [
    decision(null, 300, "first"),
    decision(null, 300, "second"),
    decision("azure", 300, "other"),
    decision(null, 400, "later"),
  ];
  expect(without_replaced(coming).map(({ reason }) => reason)).toEqual([
    "second",
    "other",
    "later",
  ]);
});

const kRule: PriceBookRule = {
  object: "tollgate.price_book_rule",
  organization_id: null,
  model: null,
  kind: "factor",
  factor: "1.15",
  prices: [],
  decided_at: 0,
  decided_by: "user_1",
  reason: null,
};

test("a factor is from 0 to 1000, with six decimals at most", () => {
  const fields = fields_of_rule(null);
  for (const good of ["0", "1", "1.15", "1000", "0.000001"]) {
    expect(problem_of_factor(good, fields), good).toBeNull();
  }
  for (const wrong of ["", "-1", "1000.1", "1.0000001", "x", "1e3"]) {
    expect(problem_of_factor(wrong, fields), wrong).not.toBeNull();
  }
  expect(problem_of_factor("", { ...fields, kind: "prices" })).toBeNull();
});

test("a rule is one of a factor and prices, and prices are of one model", () => {
  const fields = { ...fields_of_rule(kRule), organization: "org_1" };
  expect(rule_of(fields, false)).toEqual({ organization: "org_1", factor: "1.15" });
  const own = { ...fields, kind: "prices" as const, lines: [line({ usd: "3" })] };
  expect(problem_of_model("", own)).not.toBeNull();
  expect(rule_of({ ...own, model: "m" }, true)).toEqual({
    organization: "org_1",
    model: "m",
    prices: [{ unit: "input_text_token", usd_per_million: "3" }],
    confirm: true,
  });
  expect(removal_of({ ...kRule, model: "m" })).toEqual({ model: "m", inherit: true });
});

test("which organization uses which rule", () => {
  const organization = (id: string, deleted_at: number | null = null) =>
    ({ id, name: id, deleted_at }) as InstanceOrganization;
  const book = {
    data: [
      kRule,
      { ...kRule, organization_id: "org_1", factor: "1" },
      { ...kRule, organization_id: "org_2", model: "m" },
    ],
    only_delivered: ["org_2"],
  } as PriceBook;
  const all = [organization("org_1"), organization("org_2"), organization("org_3", 1)];
  const told = payings_of(book, all).map(({ what, whose, own_models, pays_only_delivered }) => [
    what,
    whose,
    own_models,
    pays_only_delivered,
  ]);
  expect(told).toEqual([
    ["the cost", "own", 0, false],
    ["1.15 × the cost", "everybody's", 1, true],
  ]);
  expect(payings_of({ ...book, data: [] }, all)[0]?.whose).toBe("none");
});
