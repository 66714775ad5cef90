// SPDX-License-Identifier: Apache-2.0
import { Center, Loader, Paper, SegmentedControl, Stack, Text } from "@mantine/core";
import { useInterval } from "@mantine/hooks";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";

import { past_usage_query, recent_calls_query, usage_query } from "../../api/queries";
import type { Usage } from "../../api/types";
import type { UsageGrouping, UsageQuestion } from "../../api/usage";
import { Problem } from "../../parts/Problem";
import { PageTitle } from "../../shell/PageTitle";
import { RecentCalls } from "./RecentCalls";
import { UsageChart } from "./UsageChart";
import { UsageControls } from "./UsageControls";
import { UsageCsvButton } from "./UsageCsvButton";
import { UsageFilterChips } from "./UsageFilterChips";
import { UsageMarks } from "./UsageMarks";
import { UsageStepTable } from "./UsageStepTable";
import { TableTitle, UsageTable } from "./UsageTable";
import { UsageTotals } from "./UsageTotals";
import { calls_in, calls_of, kCallsSearched, kCallsShown, needs_keys } from "./usage_calls";
import { type Days, days_before, today_in } from "./usage_days";
import { days_label } from "./usage_labels";
import { series_of } from "./usage_series";
import {
  days_of_view,
  filters_of,
  kGroupings,
  kMetrics,
  question_of,
  type UsageView,
} from "./usage_view";

// Often enough for a day that ends while one looks.
const kClockMs = 30_000;
const kKeysMax = 1_000;

const route = getRouteApi("/shell/usage");

export function UsagePage() {
  const view = route.useSearch();
  const navigate = useNavigate();
  const now = useNow();
  const days = days_of_view(view, now);
  const usage = useQuery(usage_query(question_of(view, days)));
  const named = useNamed(view);
  const calls = useCalls(view, days, now);
  const report = usage.data?.report;
  const show = (changed: UsageView) =>
    void navigate({ to: "/usage", search: changed, resetScroll: false });
  const whose = report?.own_keys_only ? "Your own keys' calls" : "Each call";
  const lead = `${whose}, within a second of its end.`;
  return (
    <Stack gap="lg">
      <PageTitle
        title="Usage"
        lead={
          report?.own_keys_only
            ? "Of your own keys: everybody's is for those with a role that may read usage."
            : lead
        }
      />
      <UsageControls view={view} days={days} on_change={show} />
      <UsageFilterChips view={view} named={named} on_change={show} />
      <Problem error={usage.error ?? calls.error} />
      {usage.data ? (
        <Report
          report={usage.data.report}
          question={usage.data.question}
          view={view}
          days={days}
          now={now}
          on_change={show}
        />
      ) : (
        usage.isPending && <Center mih={200} children={<Loader />} />
      )}
      {calls.data && report && (
        <RecentCalls
          calls={calls_in(calls.data, calls_of(filters_of(view), report, named))}
          is_narrowed={calls.is_narrowed}
        />
      )}
    </Stack>
  );
}

function useNow(): number {
  const [now, set_now] = useState(Date.now);
  useInterval(() => set_now(Date.now()), kClockMs, { autoInvoke: true });
  return now;
}

// What a view is narrowed to, with its names, whenever it was used; and, of a project or a user,
// the keys.
function useNamed(view: UsageView): Usage | undefined {
  const filters = filters_of(view);
  const by = kGroupings
    .filter(({ filter }) => filters[filter] !== undefined && filter.endsWith("_id"))
    .map(({ value }) => value);
  const with_keys = needs_keys(filters) && !by.includes("key");
  const question: UsageQuestion = {
    time_zone: "UTC",
    step: "total",
    by: with_keys ? [...by, "key"] : by,
    filters,
    limit: kKeysMax,
  };
  return useQuery(past_usage_query(question, by.length > 0)).data;
}

function useCalls(view: UsageView, days: Days, now: number) {
  const has_filter = Object.keys(filters_of(view)).length > 0;
  const is_past = days.to < today_in(view.time_zone, now);
  const is_narrowed = has_filter || is_past;
  const calls = useQuery(recent_calls_query(is_narrowed ? kCallsSearched : kCallsShown));

  // The sums follow each call that the list shows; `data` keeps its identity while nothing changes.
  const queries = useQueryClient();
  useEffect(() => {
    void queries.invalidateQueries({ queryKey: ["usage"] });
  }, [queries, calls.data]);
  return { data: calls.data, error: calls.error, is_narrowed };
}

interface ReportProps {
  report: Usage;
  question: UsageQuestion;
  view: UsageView;
  days: Days;
  now: number;
  on_change: (view: UsageView) => void;
}

function Report({ report, question, view, days, now, on_change }: ReportProps) {
  const before = days_before(days, view.time_zone, now);
  const past = useQuery(
    past_usage_query({ ...question_of(view, days), ...before, step: "total", by: [] }),
  );
  const { by } = question;
  return (
    <>
      <UsageTotals
        totals={report.totals}
        before={past.data?.totals}
        before_label={label_of_days(before)}
      />
      <UsageMarks totals={report.totals} />
      <Paper withBorder p="md">
        <Stack gap="sm">
          <TableTitle
            title={`${label_of_metric(view)} by ${report.step}`}
            action={
              <SegmentedControl
                size="xs"
                aria-label="What is shown"
                data={kMetrics}
                value={view.metric}
                onChange={(metric) => on_change({ ...view, metric })}
              />
            }
          />
          <Chart report={report} by={by} view={view} />
        </Stack>
      </Paper>
      <Stack gap="xs">
        <TableTitle
          title={title_of(by, report.step)}
          action={<UsageCsvButton report={report} by={by} days={days} />}
        />
        {report.totals.calls === 0 ? (
          <Nothing />
        ) : by.length === 0 ? (
          <UsageStepTable report={report} title={`Usage ${title_of(by, report.step).toLowerCase()}`} />
        ) : (
          <UsageTable
            report={report}
            by={by}
            view={view}
            title={`Usage ${title_of(by, report.step).toLowerCase()}`}
          />
        )}
      </Stack>
    </>
  );
}

function Chart({ report, by, view }: { report: Usage; by: UsageGrouping[]; view: UsageView }) {
  if (report.totals.calls === 0) {
    return (
      <Text c="dimmed" size="sm">
        No calls in this time.
      </Text>
    );
  }
  return (
    <UsageChart
      series={series_of(report, by, view.metric)}
      starts={report.starts}
      step={report.step}
      metric={view.metric}
      title={`${label_of_metric(view)} by ${report.step}`}
    />
  );
}

function Nothing() {
  return (
    <Paper withBorder>
      <Text c="dimmed" size="sm" p="md">
        No calls in this time.
      </Text>
    </Paper>
  );
}

function label_of_metric({ metric }: UsageView): string {
  return kMetrics.find(({ value }) => value === metric)?.label ?? metric;
}

// "By key", "By project and user", "By day".
function title_of(by: UsageGrouping[], step: string): string {
  return `By ${by.length === 0 ? step : by.join(" and ")}`;
}

function label_of_days({ from, to }: { from: string; to: string | number }): string {
  return typeof to === "string" ? days_label(from, to) : days_label(from, from);
}
