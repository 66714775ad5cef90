// SPDX-License-Identifier: Apache-2.0
import { Center, Loader, Stack } from "@mantine/core";
import { useInterval } from "@mantine/hooks";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";

import { calls_query, past_usage_query, usage_query } from "../../api/queries";
import type { Usage } from "../../api/types";
import type { UsageQuestion } from "../../api/usage";
import { Problem } from "../../parts/Problem";
import { PageTitle } from "../../shell/PageTitle";
import { RecentCalls } from "./RecentCalls";
import { UsageControls } from "./UsageControls";
import { UsageFilterChips } from "./UsageFilterChips";
import { UsageReport } from "./UsageReport";
import { days_of_view, filters_of, kGroupings, question_of, type UsageView } from "./usage_view";

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
        <UsageReport
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
