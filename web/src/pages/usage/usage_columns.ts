// SPDX-License-Identifier: Apache-2.0
// The table's columns: those of which there is anything; and the order of its rows.

import type { Usage, UsageCounts, UsageGroup } from "../../api/types";
import type { UsageGrouping } from "../../api/usage";
import { format_count } from "../../format/count";
import { format_nanousd } from "../../format/money";
import { metric_of, name_in_group, name_of_group } from "./usage_series";
import type { UsageMetric, UsageView } from "./usage_view";

export interface UsageColumn {
  name: string;
  title: string;
  amount: (counts: UsageCounts) => number;
  format: (amount: number) => string;
  // Shown as a part of all.
  is_share?: boolean;
  // Left out where it says nothing.
  is_needed?: (totals: UsageCounts, groups: UsageCounts[]) => boolean;
}

function of(name: keyof UsageCounts, title: string, format = format_count): UsageColumn {
  return { name, title, amount: (counts) => counts[name], format };
}

// Only where there is any of it.
function rare(name: keyof UsageCounts, title: string, format = format_count): UsageColumn {
  return { ...of(name, title, format), is_needed: (totals) => totals[name] > 0 };
}

function tells_cost(totals: UsageCounts, groups: UsageCounts[]): boolean {
  const differs = (counts: UsageCounts) => counts.cost_nanousd !== counts.charge_nanousd;
  return differs(totals) || groups.some(differs);
}

const kColumns: UsageColumn[] = [
  of("calls", "Calls"),
  of("errors", "Errors"),
  of("input_tokens", "Input"),
  rare("cached_tokens", "Cached"),
  of("output_tokens", "Output"),
  rare("images", "Images"),
  rare("seconds", "Seconds"),
  rare("characters", "Characters"),
  { ...of("charge_nanousd", "Charge", format_nanousd), name: "charge" },
  { ...of("cost_nanousd", "Cost", format_nanousd), is_needed: tells_cost },
  rare("would_have_cost_nanousd", "Would have cost", format_nanousd),
];

export function columns_for({ totals, groups }: Usage, metric: UsageMetric): UsageColumn[] {
  const counts = groups.map((group) => group.totals);
  const share: UsageColumn = {
    name: "share",
    title: "Share",
    amount: (each) => metric_of(each, metric),
    format: format_count,
    is_share: true,
  };
  return [
    ...kColumns.filter(({ is_needed }) => is_needed === undefined || is_needed(totals, counts)),
    share,
  ];
}

// "12.5 %"; of nothing, nothing.
export function share_of(part: number, all: number): string {
  return all === 0 ? "–" : `${((100 * part) / all).toFixed(1)} %`;
}

export function sorted_groups(
  groups: UsageGroup[],
  by: UsageGrouping[],
  view: Pick<UsageView, "sort" | "order" | "metric">,
): UsageGroup[] {
  const sort = view.sort ?? view.metric;
  const grouping = by.find((each) => each === sort);
  const by_name = (a: UsageGroup, b: UsageGroup) =>
    name_of_group(a, by).localeCompare(name_of_group(b, by));
  if (grouping !== undefined) {
    const turn = view.order === "descending" ? -1 : 1;
    return [...groups].sort(
      (a, b) =>
        turn * name_in_group(a, grouping).localeCompare(name_in_group(b, grouping)) ||
        by_name(a, b),
    );
  }
  // The metric's own name and the share of it are no column of their own.
  const column = kColumns.find(({ name }) => name === sort);
  const amount = column?.amount ?? ((counts: UsageCounts) => metric_of(counts, view.metric));
  const turn = view.order === "ascending" ? -1 : 1;
  return [...groups].sort(
    (a, b) => turn * (amount(b.totals) - amount(a.totals)) || by_name(a, b),
  );
}
