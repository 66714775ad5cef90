// SPDX-License-Identifier: Apache-2.0
import { Center, Loader, Paper, SegmentedControl, Stack, Text } from "@mantine/core";
import { useInterval } from "@mantine/hooks";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";

import { calls_query, past_usage_query, usage_query } from "../../api/queries";
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
import { add_days, count_days, type Days, days_before } from "./usage_days";
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

const kLead = "Each call, within a second of its end.";
const kLeadOfOwn =
  "Of your own keys, within a second of a call's end. Everybody's usage is for those whose role" +
  " may read it.";

// Often enough for a day that ends while one looks.
const kClockMs = 30_000;

const route = getRouteApi("/shell/usage");

export function UsagePage() {
  const view = route.useSearch();
  const navigate = useNavigate();
  const now = useNow();
  const days = days_of_view(view, now);
  const usage = useQuery(usage_query(question_of(view, days)));
  const named = useNamed(view);
  const calls = useCalls(usage.data);
  const report = usage.data?.report;
  const show = (changed: UsageView) =>
    void navigate({ to: "/usage", search: changed, resetScroll: false });
  return (
    <Stack gap="lg">
      <PageTitle title="Usage" lead={report?.own_keys_only ? kLeadOfOwn : kLead} />
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
      {calls.data && <RecentCalls calls={calls.data} time_zone={view.time_zone} />}
    </Stack>
  );
}

function useNow(): number {
  const [now, set_now] = useState(Date.now);
  useInterval(() => set_now(Date.now()), kClockMs, { autoInvoke: true });
  return now;
}

// What a view is narrowed to, with its names, whenever it was used.
function useNamed(view: UsageView): Usage | undefined {
  const filters = filters_of(view);
  const by = kGroupings
    .filter(({ filter }) => filters[filter] !== undefined && filter.endsWith("_id"))
    .map(({ value }) => value);
  const question: UsageQuestion = { time_zone: "UTC", step: "total", by, filters, limit: 1 };
  return useQuery(past_usage_query(question, by.length > 0)).data;
}

// Those that the report counts.
function useCalls(asked: { question: UsageQuestion; report: Usage } | undefined) {
  const calls = useQuery(
    calls_query(
      asked
        ? {
            from: asked.report.bounds[0] ?? 0,
            to: asked.report.bounds[asked.report.bounds.length - 1] ?? 0,
            filters: asked.question.filters,
          }
        : null,
    ),
  );
  // The sums follow each call that the list shows; `data` keeps its identity while nothing changes.
  const queries = useQueryClient();
  useEffect(() => {
    void queries.invalidateQueries({ queryKey: ["usage"] });
  }, [queries, calls.data]);
  return calls;
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
  const title = title_of(by, report.step);
  return (
    <>
      <UsageTotals
        totals={report.totals}
        before={past.isPlaceholderData ? undefined : past.data?.totals}
        before_label={label_of_before(days, before)}
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
          title={title}
          action={<UsageCsvButton report={report} by={by} days={days} />}
        />
        {report.totals.calls === 0 ? (
          <Nothing />
        ) : by.length === 0 ? (
          <UsageStepTable report={report} title={`Usage ${title.toLowerCase()}`} />
        ) : (
          <UsageTable
            report={report}
            by={by}
            view={view}
            title={`Usage ${title.toLowerCase()}`}
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

// What is compared with a day that runs ends at the same time of its day.
function label_of_before(days: Days, { from, to }: { from: string; to: string | number }): string {
  if (typeof to === "string") return days_label(from, to);
  return `${days_label(from, add_days(days.to, -count_days(days)))}, up to this time of the day`;
}
