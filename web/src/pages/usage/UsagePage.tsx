// SPDX-License-Identifier: Apache-2.0
import { Center, Loader, SegmentedControl, Stack } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { recent_calls_query, usage_query } from "../../api/queries";
import { last_days } from "../../format/time";
import { Problem } from "../../parts/Problem";
import { PageTitle } from "../../shell/PageTitle";
import { RecentCalls } from "./RecentCalls";
import { UsageTable } from "./UsageTable";
import { UsageTotals } from "./UsageTotals";

const kRanges = [
  { value: "1", label: "Today" },
  { value: "7", label: "7 days" },
  { value: "30", label: "30 days" },
];

export function UsagePage() {
  const [days, set_days] = useState("1");
  const { from, to } = last_days(Number(days), Date.now());
  const usage = useQuery(usage_query(from, to));
  const calls = useQuery(recent_calls_query);

  // The sums follow each call that the list shows; `data` keeps its identity while nothing changes.
  const queries = useQueryClient();
  useEffect(() => {
    void queries.invalidateQueries({ queryKey: ["usage"] });
  }, [queries, calls.data]);

  return (
    <Stack gap="lg">
      <PageTitle
        title="Usage"
        lead="Each call, within a second of its end. Days are UTC."
        action={<SegmentedControl data={kRanges} value={days} onChange={set_days} />}
      />
      <Problem error={usage.error ?? calls.error} />
      {usage.data ? (
        <>
          <UsageTotals totals={usage.data.totals} />
          <UsageTable rows={usage.data.rows} />
        </>
      ) : (
        usage.isPending && <Center mih={200} children={<Loader />} />
      )}
      {calls.data && <RecentCalls calls={calls.data} />}
    </Stack>
  );
}
