// SPDX-License-Identifier: Apache-2.0
// What was used, and what it cost.

import { answer_of, api } from "./client";
import type { Call, Usage } from "./types";

export type UsageGrouping = "project" | "user" | "key" | "model" | "endpoint";

// Usage of one of each only.
export interface UsageFilters {
  project_id?: string;
  user_id?: string;
  key_id?: string;
  model?: string;
  endpoint?: string;
}

export interface UsageQuestion {
  // Days of the time zone, both counted; or Unix seconds, of which the last does not count. From
  // the beginning, and until now, where nothing is said.
  from?: string | number;
  to?: string | number;
  time_zone: string;
  step: "total" | "hour" | "day" | "week" | "month";
  by: UsageGrouping[];
  filters: UsageFilters;
  limit?: number;
}

function only(id: string | undefined): string[] | undefined {
  return id === undefined ? undefined : [id];
}

export function read_usage(question: UsageQuestion, signal: AbortSignal): Promise<Usage> {
  const { filters, ...asked } = question;
  const narrowed = {
    project_ids: only(filters.project_id),
    user_ids: only(filters.user_id),
    key_ids: only(filters.key_id),
    models: only(filters.model),
    endpoints: only(filters.endpoint),
  };
  const given = Object.entries(narrowed).filter(([, ids]) => ids !== undefined);
  const query = { ...asked, ...Object.fromEntries(given) };
  return answer_of(api.GET("/tollgate/usage", { params: { query }, signal }));
}

export async function list_recent_calls(limit: number, signal: AbortSignal): Promise<Call[]> {
  const query = { limit };
  return (await answer_of(api.GET("/tollgate/calls", { params: { query }, signal }))).data;
}
