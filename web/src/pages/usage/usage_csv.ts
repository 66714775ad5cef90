// SPDX-License-Identifier: Apache-2.0
// What the page shows, as comma-separated values (RFC 4180): a row for each group and step in which
// there were calls, a column for each count; what the table leaves out is in rows of "others".
// Dollars have all nine digits, so that the rows of a file add up to the page's sums to the
// nano-dollar.

import type { Usage, UsageGroup, UsagePoint } from "../../api/types";
import type { UsageGrouping } from "../../api/usage";
import { nanousd_to_nine_digits } from "../../format/money";
import { filter_of, name_in_group } from "./usage_series";

const kCounts = [
  "calls",
  "errors",
  "input_tokens",
  "cached_tokens",
  "output_tokens",
  "images",
  "seconds",
  "characters",
] as const;
const kMoney = ["charge", "cost", "would_have_cost"] as const;
const kMarks = ["estimated", "unpriced", "mismatched", "interrupted"] as const;

// Spreadsheets would run these as a formula, and names are given by anybody.
const kFormula = /^[=+\-@\t\r]/;

function text(value: string): string {
  const harmless = kFormula.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

function has_name(grouping: UsageGrouping): boolean {
  return filter_of(grouping).endsWith("_id");
}

function head_of(by: UsageGrouping[]): string[] {
  const groups = by.flatMap((each) =>
    has_name(each) ? [filter_of(each), `${each}_name`] : [filter_of(each)],
  );
  return ["start", ...groups, ...kCounts, ...kMoney.map((name) => `${name}_usd`), ...kMarks];
}

function cells_of_group(group: UsageGroup, by: UsageGrouping[]): string[] {
  return by.flatMap((each) => {
    const id = text(group[filter_of(each)] ?? "");
    return has_name(each) ? [id, text(name_in_group(group, each))] : [id];
  });
}

function cells_of_point(point: UsagePoint): (string | number)[] {
  return [
    ...kCounts.map((name) => point[name] ?? 0),
    ...kMoney.map((name) => nanousd_to_nine_digits(point[`${name}_nanousd`] ?? 0)),
    ...kMarks.map((name) => point[name] ?? 0),
  ];
}

// `report` has been asked for with whole points.
export function usage_csv(report: Usage, by: UsageGrouping[]): string {
  const others = by.flatMap((each) => (has_name(each) ? ["others", "others"] : ["others"]));
  const series = [
    ...(by.length === 0 ? [{ cells: [] as string[], points: report.points }] : []),
    ...report.groups.map((group) => ({ cells: cells_of_group(group, by), points: group.points })),
    ...(report.rest ? [{ cells: others, points: report.rest.points }] : []),
  ];
  const rows = report.starts.flatMap((start, i) =>
    series.flatMap(({ cells, points }) => {
      const point = points[i];
      return point ? [[start, ...cells, ...cells_of_point(point)]] : [];
    }),
  );
  return [head_of(by), ...rows].map((row) => `${row.join(",")}\r\n`).join("");
}

export function csv_name(from: string, to: string): string {
  return `tollgate-usage-${from === to ? from : `${from}-to-${to}`}.csv`;
}
