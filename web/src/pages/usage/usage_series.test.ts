// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import type { Usage, UsageCounts, UsageGroup } from "../../api/types";
import { change_of } from "./usage_change";
import { columns_for, share_of, sorted_groups } from "./usage_columns";
import { csv_name, usage_csv } from "./usage_csv";
import { days_label, full_label, short_label } from "./usage_labels";
import { kSeriesMax, series_of, ticks_up_to } from "./usage_series";

function counts(fields: Partial<UsageCounts>): UsageCounts {
  return {
    calls: 0,
    errors: 0,
    interrupted: 0,
    estimated: 0,
    unpriced: 0,
    mismatched: 0,
    input_tokens: 0,
    cached_tokens: 0,
    output_tokens: 0,
    images: 0,
    seconds: 0,
    characters: 0,
    charge_nanousd: 0,
    cost_nanousd: 0,
    would_have_cost_nanousd: 0,
    ...fields,
  };
}

function point(calls: number, charge_nanousd: number) {
  return { calls, errors: 0, tokens: 10 * calls, charge_nanousd };
}

function group(id: string, name: string, charges: number[]): UsageGroup {
  const charge_nanousd = charges.reduce((sum, charge) => sum + charge, 0);
  return {
    key_id: id,
    key_name: name,
    totals: counts({ calls: charges.length, charge_nanousd, cost_nanousd: charge_nanousd }),
    points: charges.map((charge) => (charge > 0 ? point(1, charge) : null)),
  };
}

function report(groups: UsageGroup[], rest: Usage["rest"] = null): Usage {
  const parts = [...groups, ...(rest ? [rest] : [])];
  const points = [0, 1].map((i) => {
    const sum = parts.reduce((all, { points: each }) => all + (each[i]?.charge_nanousd ?? 0), 0);
    return sum > 0 ? point(parts.length, sum) : null;
  });
  return {
    object: "tollgate.usage",
    time_zone: "UTC",
    step: "day",
    bounds: [0, 86_400, 172_800],
    starts: ["2026-11-25T00:00:00+00:00", "2026-11-26T00:00:00+00:00"],
    own_keys_only: false,
    totals: counts({ calls: 1 }),
    points,
    groups,
    groups_total: groups.length + (rest ? 3 : 0),
    rest,
  };
}

test("the largest come first, the others together, and nothing is lost", () => {
  const groups = Array.from({ length: 10 }, (_, i) => group(`key_${i}`, `k${i}`, [i + 1, 10 * i]));
  const series = series_of(report(groups), ["key"], "charge");
  expect(series).toHaveLength(kSeriesMax + 1);
  expect(series[0]?.name).toBe("k9");
  expect(series.at(-1)).toMatchObject({ name: "others", values: [1 + 2 + 3, 0 + 10 + 20] });
  expect(series.reduce((sum, { values }) => sum + (values[0] ?? 0), 0)).toBe(55);
});

test("what the answer leaves out is among the others", () => {
  const rest = { totals: counts({}), points: [point(3, 30), null] };
  const series = series_of(report([group("key_1", "a", [5, 5])], rest), ["key"], "charge");
  expect(series.at(-1)).toMatchObject({ is_others: true, values: [30, 0] });
});

test("undivided, there is one series", () => {
  expect(series_of(report([group("key_1", "a", [5, 6])]), [], "charge")).toMatchObject([
    { values: [5, 6] },
  ]);
});

test("scales are even, whole, and reach the largest", () => {
  for (const largest of [0, 1, 3, 7, 10, 99, 101, 12_345, 987_654_321]) {
    const ticks = ticks_up_to(largest);
    expect(ticks.at(-1), String(largest)).toBeGreaterThanOrEqual(largest);
    expect(ticks.length).toBeLessThanOrEqual(6);
    expect(ticks.every(Number.isInteger)).toBe(true);
    expect(new Set(ticks).size).toBe(ticks.length);
  }
});

test("changes are told in numbers and per cent, also of nothing", () => {
  expect(change_of(150, 100, String)).toBe("+50 (+50\u00a0%)");
  expect(change_of(97, 100, String)).toBe("−3 (−3\u00a0%)");
  expect(change_of(1_003, 1_000, String)).toBe("+3 (+0.3\u00a0%)");
  expect(change_of(0, 100, String)).toBe("−100 (−100\u00a0%)");
  expect(change_of(5, 0, String)).toBe("+5, none before");
  expect(change_of(0, 0, String)).toBe("none before either");
  expect(change_of(7, 7, String)).toBe("as much as before");
  expect(change_of(1_000_001, 1_000_000, String)).toBe("+1 (±0\u00a0%)");
});

test("a file has a row for each group and step, with all nine digits", () => {
  const rest = { totals: counts({}), points: [null, point(2, 1)] };
  const csv = usage_csv(report([group("key_1", "laptop", [1_230_000_001, 0])], rest), ["key"]);
  const nothing = "0.000000000,0.000000000,0,0,0,0";
  expect(csv.split("\r\n")).toEqual([
    "start,key_id,key_name,calls,errors,input_tokens,cached_tokens,output_tokens,images,seconds," +
      "characters,charge_usd,cost_usd,would_have_cost_usd,estimated,unpriced,mismatched," +
      "interrupted",
    `2026-11-25T00:00:00+00:00,key_1,laptop,1,0,0,0,0,0,0,0,1.230000001,${nothing}`,
    `2026-11-26T00:00:00+00:00,others,others,2,0,0,0,0,0,0,0,0.000000001,${nothing}`,
    "",
  ]);
});

test("a file has every count of a step", () => {
  const whole = {
    ...counts({ input_tokens: 1, cached_tokens: 2, output_tokens: 3, seconds: 4.5 }),
    ...{ cost_nanousd: 6, would_have_cost_nanousd: 7, unpriced: 8, mismatched: 9 },
    tokens: 4,
  };
  const each = { ...group("key_1", "a", [1]), points: [whole, null] };
  expect(usage_csv(report([each]), ["key"]).split("\r\n")[1]).toBe(
    "2026-11-25T00:00:00+00:00,key_1,a,0,0,1,2,3,0,4.5,0," +
      "0.000000000,0.000000006,0.000000007,0,8,9,0",
  );
});

test("a name is neither a formula nor another cell", () => {
  const names = ['=HYPERLINK("http://x")', "a,b", "-1+1", "@x", "two\nlines"];
  const cells = names.map((name) => {
    const csv = usage_csv(report([group("key_1", name, [1, 0])]), ["key"]);
    return csv.slice(csv.indexOf("key_1,") + 6, csv.lastIndexOf(",1,0,0"));
  });
  expect(cells).toEqual([
    `"'=HYPERLINK(""http://x"")"`,
    '"a,b"',
    "'-1+1",
    "'@x",
    '"two\nlines"',
  ]);
});

test("a file is named by its days", () => {
  expect(csv_name("2026-11-20", "2026-11-26")).toBe("tollgate-usage-2026-11-20-to-2026-11-26.csv");
  expect(csv_name("2026-11-26", "2026-11-26")).toBe("tollgate-usage-2026-11-26.csv");
});

test("rows are sorted by the metric, by a column, or by name", () => {
  const groups = [group("key_1", "b", [5]), group("key_2", "a", [1, 1]), group("key_3", "c", [9])];
  const names = (view: { sort?: string; order?: "ascending" | "descending" }) =>
    sorted_groups(groups, ["key"], { metric: "charge", ...view }).map(({ key_name }) => key_name);
  expect(names({})).toEqual(["c", "b", "a"]);
  expect(names({ order: "ascending" })).toEqual(["a", "b", "c"]);
  expect(names({ sort: "calls" })).toEqual(["a", "b", "c"]);
  expect(names({ sort: "key", order: "descending" })).toEqual(["c", "b", "a"]);
});

test("columns of which there is nothing are left out", () => {
  const titles = (totals: Partial<UsageCounts>) =>
    columns_for({ ...report([]), totals: counts(totals) }, "charge").map(({ title }) => title);
  expect(titles({})).toEqual(
    ["Calls", "Errors", "Input", "Output", "Charge", "Share"],
  );
  expect(titles({ images: 1, cost_nanousd: 1 })).toEqual(
    expect.arrayContaining(["Images", "Cost"]),
  );
});

test("a share of nothing is none", () => {
  expect(share_of(1, 8)).toBe("12.5 %");
  expect(share_of(0, 0)).toBe("–");
});

test("steps are called as people call them", () => {
  const start = "2026-11-01T01:00:00-04:00";
  expect(short_label(start, "hour")).toBe("01:00");
  expect(short_label("2026-11-26T00:00:00+01:00", "hour")).toBe("26 Nov");
  expect(full_label(start, "hour")).toBe("Sun 1 Nov 2026, 01:00 (UTC-04:00)");
  expect(full_label("2026-11-26T00:00:00+01:00", "day")).toBe("Thu 26 Nov 2026");
  expect(full_label("2026-11-01T00:00:00+01:00", "month")).toBe("Nov 2026");
  expect(days_label("2026-11-20", "2026-11-26")).toBe("20–26 Nov 2026");
  expect(days_label("2025-12-28", "2026-01-03")).toBe("28 Dec 2025 – 3 Jan 2026");
});
