// SPDX-License-Identifier: Apache-2.0
// Adds usage rows up by key, model or day. Counts are whole and far below 2^53, so sums are exact.

import type { UsageCounts, UsageRow } from "../../api/types";

export type UsageGrouping = "key" | "model" | "day";

export interface UsageGroup {
  id: string;
  label: string;
  counts: UsageCounts;
}

const kNothing: UsageCounts = {
  calls: 0,
  interrupted: 0,
  input_tokens: 0,
  cached_tokens: 0,
  output_tokens: 0,
  images: 0,
  seconds: 0,
  characters: 0,
  charge_nanousd: 0,
  cost_nanousd: 0,
  would_have_cost_nanousd: 0,
};
const kCountNames = Object.keys(kNothing) as (keyof UsageCounts)[];

function group_of(row: UsageRow, grouping: UsageGrouping): { id: string; label: string } {
  switch (grouping) {
    // Two keys may bear the same name.
    case "key":
      return { id: row.key_id, label: row.key_name };
    case "model":
      return { id: row.model, label: row.model };
    case "day":
      return { id: row.day, label: row.day };
  }
}

function compare(grouping: UsageGrouping): (a: UsageGroup, b: UsageGroup) => number {
  if (grouping === "day") return (a, b) => b.id.localeCompare(a.id);
  return (a, b) =>
    b.counts.charge_nanousd - a.counts.charge_nanousd ||
    b.counts.calls - a.counts.calls ||
    a.label.localeCompare(b.label);
}

// Days come newest first, keys and models dearest first.
export function group_usage(rows: UsageRow[], grouping: UsageGrouping): UsageGroup[] {
  const groups = new Map<string, UsageGroup>();
  for (const row of rows) {
    const { id, label } = group_of(row, grouping);
    const group = groups.get(id) ?? { id, label, counts: { ...kNothing } };
    for (const name of kCountNames) group.counts[name] += row[name];
    groups.set(id, group);
  }
  return [...groups.values()].sort(compare(grouping));
}
