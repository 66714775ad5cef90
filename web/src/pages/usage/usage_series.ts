// SPDX-License-Identifier: Apache-2.0
// What the chart draws: the largest groups by the metric, and all others together. Counts and
// nano-dollars are whole and far below 2^53, so sums are exact.

import type { Usage, UsageCounts, UsageGroup, UsagePoints } from "../../api/types";
import type { UsageFilters, UsageGrouping } from "../../api/usage";
import { kGroupings, type UsageMetric } from "./usage_view";

// As many as can be told apart by their colour.
export const kSeriesMax = 7;

export interface UsageSeries {
  id: string;
  name: string;
  // One for each step.
  values: number[];
  is_others: boolean;
}

export function metric_of(counts: UsageCounts, metric: UsageMetric): number {
  switch (metric) {
    case "charge":
      return counts.charge_nanousd;
    case "tokens":
      return counts.input_tokens + counts.output_tokens;
    case "calls":
      return counts.calls;
    case "errors":
      return counts.errors;
  }
}

function values_of(points: UsagePoints, metric: UsageMetric): number[] {
  const field = metric === "charge" ? "charge_nanousd" : metric;
  return points.map((point) => point?.[field] ?? 0);
}

// What one group is narrowed to.
export function filters_of_group(group: UsageGroup, by: UsageGrouping[]): UsageFilters {
  const filters = kGroupings.filter(({ value }) => by.includes(value));
  return Object.fromEntries(filters.map(({ filter }) => [filter, group[filter] ?? ""]));
}

export function id_of_group(group: UsageGroup, by: UsageGrouping[]): string {
  return JSON.stringify(by.map((each) => group[filter_of(each)] ?? ""));
}

export function filter_of(grouping: UsageGrouping): keyof UsageFilters {
  return kGroupings.find(({ value }) => value === grouping)?.filter ?? "model";
}

// What is gone may have no name any more: then its id; of a call that named none, nothing.
export function name_in_group(group: UsageGroup, grouping: UsageGrouping): string {
  const names = { key: group.key_name, project: group.project_name, user: group.user_name };
  const name = grouping in names ? names[grouping as keyof typeof names] : undefined;
  return name || group[filter_of(grouping)] || "(none)";
}

export function name_of_group(group: UsageGroup, by: UsageGrouping[]): string {
  return by.map((each) => name_in_group(group, each)).join(" · ");
}

function minus(values: number[], parts: number[][]): number[] {
  return values.map((value, i) => parts.reduce((left, part) => left - (part[i] ?? 0), value));
}

// The largest come first.
export function series_of(
  report: Usage,
  by: UsageGrouping[],
  metric: UsageMetric,
): UsageSeries[] {
  const all = values_of(report.points, metric);
  if (by.length === 0) return [{ id: "all", name: "All", values: all, is_others: false }];
  const largest = report.groups
    .filter(({ totals }) => metric_of(totals, metric) > 0)
    .sort((a, b) => metric_of(b.totals, metric) - metric_of(a.totals, metric))
    .slice(0, kSeriesMax)
    .map((group) => ({
      id: id_of_group(group, by),
      name: name_of_group(group, by),
      values: values_of(group.points, metric),
      is_others: false,
    }));
  const rest = minus(
    all,
    largest.map(({ values }) => values),
  );
  if (!rest.some((value) => value > 0)) return largest;
  return [...largest, { id: "others", name: "others", values: rest, is_others: true }];
}

// Of the scale: whole, evenly spaced, the last at or above the largest value.
export function ticks_up_to(largest: number, count = 4): number[] {
  const least = Math.max(1, largest / count);
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 2.5, 5, 10]
    .map((times) => times * power)
    .find((each) => each >= least && Number.isInteger(each));
  const width = step ?? 10 * power;
  const ticks = Math.max(1, Math.ceil(largest / width));
  return Array.from({ length: ticks + 1 }, (_, i) => i * width);
}
