// SPDX-License-Identifier: Apache-2.0
import { Paper, SegmentedControl, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { past_usage_query } from "../../api/queries";
import type { Usage } from "../../api/types";
import type { UsageGrouping, UsageQuestion } from "../../api/usage";
import { UsageChart } from "./UsageChart";
import { UsageCsvButton } from "./UsageCsvButton";
import { UsageMarks } from "./UsageMarks";
import { UsageStepTable } from "./UsageStepTable";
import { TableTitle, UsageTable } from "./UsageTable";
import { UsageTotals } from "./UsageTotals";
import { add_days, count_days, type Days, days_before } from "./usage_days";
import { days_label } from "./usage_labels";
import { series_of } from "./usage_series";
import { kMetrics, question_of, type UsageView } from "./usage_view";

interface UsageReportProps {
  report: Usage;
  question: UsageQuestion;
  view: UsageView;
  days: Days;
  now: number;
  on_change: (view: UsageView) => void;
}

// What a view shows, beside the time before.
export function UsageReport(props: UsageReportProps) {
  const { report, question, view, days, now, on_change } = props;
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
          action={<UsageCsvButton question={question} />}
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
