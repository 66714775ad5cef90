// SPDX-License-Identifier: Apache-2.0
// As queries.ts, of alerts.

import { type QueryClient, queryOptions } from "@tanstack/react-query";

import { list_alerts, list_money_limits } from "./alerts";

export function alerts_query(target_id: string) {
  return queryOptions({
    queryKey: ["alerts", target_id],
    queryFn: ({ signal }) => list_alerts(target_id, signal),
    refetchInterval: 10_000,
  });
}

export function money_limits_query(target_id: string) {
  return queryOptions({
    queryKey: ["money_limits", target_id],
    queryFn: ({ signal }) => list_money_limits(target_id, signal),
  });
}

// A limit was set or removed, and its alerts with it.
export async function invalidate_alerts(queries: QueryClient, target_id: string): Promise<void> {
  await queries.invalidateQueries(money_limits_query(target_id));
  await queries.invalidateQueries(alerts_query(target_id));
}
