// SPDX-License-Identifier: Apache-2.0
// What the usage page shows. All of it stands in the address, so that a view can be shared; what an
// address says that is nothing becomes what is shown first.

import type { UsageFilters, UsageGrouping, UsageQuestion } from "../../api/usage";
import {
  browser_time_zone,
  count_days,
  type Days,
  days_of,
  is_day,
  is_time_zone,
  today_in,
  type UsageRange,
} from "./usage_days";

export type UsageMetric = "charge" | "tokens" | "calls" | "errors";
export type UsageStep = "hour" | "day" | "week" | "month";

export interface UsageView extends UsageFilters {
  range: UsageRange;
  // Of the range "custom", both counted.
  from?: string;
  to?: string;
  time_zone: string;
  metric: UsageMetric;
  by: UsageGrouping | "none";
  and_by?: UsageGrouping;
  // Nothing: what suits the range.
  step?: UsageStep;
  // A column of the table; nothing: the metric.
  sort?: string;
  order?: "ascending" | "descending";
}

export const kRanges: { value: UsageRange; label: string }[] = [
  { value: "today", label: "Today" },
  { value: "7_days", label: "7 days" },
  { value: "30_days", label: "30 days" },
  { value: "this_month", label: "This month" },
  { value: "last_month", label: "Last month" },
  { value: "this_year", label: "This year" },
  { value: "custom", label: "Days of your choice" },
];

export const kMetrics: { value: UsageMetric; label: string }[] = [
  { value: "charge", label: "Charge" },
  { value: "tokens", label: "Tokens" },
  { value: "calls", label: "Calls" },
  { value: "errors", label: "Errors" },
];

// `filter` is what a view, a report's group and a call name the one that is meant by.
export const kGroupings: { value: UsageGrouping; label: string; filter: keyof UsageFilters }[] = [
  { value: "model", label: "Model", filter: "model" },
  { value: "key", label: "Key", filter: "key_id" },
  { value: "project", label: "Project", filter: "project_id" },
  { value: "user", label: "User", filter: "user_id" },
  { value: "endpoint", label: "Endpoint", filter: "endpoint" },
];

// The server answers at most 1,500 steps; a day may have 25 hours, and many columns say nothing.
export const kSteps: { value: UsageStep; label: string; days_max: number }[] = [
  { value: "hour", label: "Hour", days_max: 31 },
  { value: "day", label: "Day", days_max: 1_400 },
  { value: "week", label: "Week", days_max: 7_000 },
  { value: "month", label: "Month", days_max: 40_000 },
];

const kHoursDaysMax = 2;
const kDaysDaysMax = 100;

function one_of<Value extends string>(
  choices: readonly { value: Value }[],
  given: unknown,
): Value | undefined {
  return choices.find(({ value }) => value === given)?.value;
}

// The router makes numbers of what looks like one.
function text_of(given: unknown): string | undefined {
  if (typeof given === "number") return String(given);
  return typeof given === "string" && given !== "" ? given : undefined;
}

function without_nothing<Fields extends object>(fields: Fields) {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as { [Name in keyof Fields]: NonNullable<Fields[Name]> };
}

function read_range(search: Record<string, unknown>): Pick<UsageView, "range" | "from" | "to"> {
  const range = one_of(kRanges, search["range"]) ?? "7_days";
  if (range !== "custom") return { range };
  const { from, to } = search;
  return is_day(from) && is_day(to) && from <= to ? { range, from, to } : { range: "7_days" };
}

export function read_view(search: Record<string, unknown>): UsageView {
  const time_zone = text_of(search["time_zone"]);
  const by = search["by"] === "none" ? "none" : (one_of(kGroupings, search["by"]) ?? "key");
  const and_by = one_of(kGroupings, search["and_by"]);
  const filters = kGroupings.map(({ filter }) => [filter, text_of(search[filter])]);
  return {
    ...read_range(search),
    time_zone: time_zone && is_time_zone(time_zone) ? time_zone : browser_time_zone(),
    metric: one_of(kMetrics, search["metric"]) ?? "charge",
    by,
    ...without_nothing({
      and_by: by === "none" || and_by === by ? undefined : and_by,
      step: one_of(kSteps, search["step"]),
      sort: text_of(search["sort"]),
      order: one_of([{ value: "ascending" }, { value: "descending" }], search["order"]),
      ...Object.fromEntries(filters),
    } as Partial<UsageView>),
  } as UsageView;
}

export function days_of_view(view: UsageView, now_unix_ms: number): Days {
  if (view.range === "custom" && view.from !== undefined && view.to !== undefined) {
    return { from: view.from, to: view.to };
  }
  const range = view.range === "custom" ? "7_days" : view.range;
  return days_of(range, today_in(view.time_zone, now_unix_ms));
}

export function step_that_suits(days: number): UsageStep {
  if (days <= kHoursDaysMax) return "hour";
  return days <= kDaysDaysMax ? "day" : "month";
}

export function steps_for(days: number): { value: UsageStep; label: string }[] {
  return kSteps.filter(({ days_max }) => days <= days_max);
}

// What was chosen for another range may be too short for this one.
export function step_of(view: UsageView, days: number): UsageStep {
  return one_of(steps_for(days), view.step) ?? step_that_suits(days);
}

export function groupings_of(view: UsageView): UsageGrouping[] {
  if (view.by === "none") return [];
  return view.and_by === undefined ? [view.by] : [view.by, view.and_by];
}

export function filters_of(view: UsageFilters): UsageFilters {
  return without_nothing(
    Object.fromEntries(kGroupings.map(({ filter }) => [filter, view[filter]])),
  ) as UsageFilters;
}

export function question_of(view: UsageView, days: Days): UsageQuestion {
  return {
    ...days,
    time_zone: view.time_zone,
    step: step_of(view, count_days(days)),
    by: groupings_of(view),
    filters: filters_of(view),
  };
}

// Narrowed to a group, a page that is still divided by what it has only one of says nothing: it
// goes on with what is not decided yet.
export function narrowed(view: UsageView, group: UsageFilters): UsageView {
  const { and_by: _, sort: _sort, order: _order, ...rest } = view;
  const filters = filters_of({ ...view, ...group });
  const open = kGroupings.find(({ filter }) => filters[filter] === undefined);
  return { ...rest, ...filters, by: open?.value ?? "none" };
}

export function widened(view: UsageView, filter: keyof UsageFilters): UsageView {
  const { [filter]: _, ...rest } = view;
  return rest as UsageView;
}
