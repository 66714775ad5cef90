// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import type { UsageRow } from "../../api/types";
import { group_usage } from "./usage_groups";

function row(fields: Partial<UsageRow>): UsageRow {
  return {
    key_id: "key_1",
    key_name: "laptop",
    model: "gpt-5-mini",
    day: "2026-03-01",
    calls: 1,
    interrupted: 0,
    input_tokens: 10,
    cached_tokens: 0,
    output_tokens: 5,
    images: 0,
    seconds: 0,
    characters: 0,
    charge_nanousd: 100,
    cost_nanousd: 100,
    would_have_cost_nanousd: 0,
    ...fields,
  };
}

test("rows of one key add up to the nano-dollar", () => {
  const [group] = group_usage([row({}), row({ model: "other", charge_nanousd: 1 })], "key");
  expect(group).toMatchObject({
    label: "laptop",
    counts: { calls: 2, input_tokens: 20, output_tokens: 10, charge_nanousd: 101 },
  });
});

test("two keys of the same name stay apart", () => {
  expect(group_usage([row({}), row({ key_id: "key_2" })], "key")).toHaveLength(2);
});

test("models come dearest first, days newest first", () => {
  const rows = [row({}), row({ model: "dear", day: "2026-03-02", charge_nanousd: 900 })];
  expect(group_usage(rows, "model").map(({ id }) => id)).toEqual(["dear", "gpt-5-mini"]);
  expect(group_usage(rows, "day").map(({ id }) => id)).toEqual(["2026-03-02", "2026-03-01"]);
});

test("grouping does not change the rows", () => {
  const rows = [row({}), row({})];
  group_usage(rows, "day");
  expect(rows[0]).toEqual(row({}));
});

test("no rows, no groups", () => expect(group_usage([], "model")).toEqual([]));
