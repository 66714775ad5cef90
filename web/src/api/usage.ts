// SPDX-License-Identifier: Apache-2.0
// What was used, and what it cost.

import { answer_of, api } from "./client";
import type { Call, CallExplanation, Usage } from "./types";

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
  // Of each step what a chart draws, or everything.
  points?: "chart" | "all";
}

export interface CallsQuestion {
  // Unix seconds; the last does not count.
  from: number;
  to: number;
  filters: UsageFilters;
}

export const kCallsShown = 50;

function only(id: string | undefined): string[] | undefined {
  return id === undefined ? undefined : [id];
}

// Both take the same names.
function narrowed_to({ project_id, user_id, key_id, model, endpoint }: UsageFilters) {
  const lists = {
    project_ids: only(project_id),
    user_ids: only(user_id),
    key_ids: only(key_id),
    models: only(model),
    endpoints: only(endpoint),
  };
  const given = Object.entries(lists).filter(([, ids]) => ids !== undefined);
  return Object.fromEntries(given) as { [Name in keyof typeof lists]?: string[] };
}

export function read_usage(question: UsageQuestion, signal: AbortSignal): Promise<Usage> {
  const { filters, ...asked } = question;
  const query = { ...asked, ...narrowed_to(filters) };
  return answer_of(api.GET("/tollgate/usage", { params: { query }, signal }));
}

// The last ones.
export async function list_calls(
  { filters, from, to }: CallsQuestion,
  signal: AbortSignal,
): Promise<Call[]> {
  const query = { from, to, ...narrowed_to(filters), limit: kCallsShown };
  return (await answer_of(api.GET("/tollgate/calls", { params: { query }, signal }))).data;
}

export function explain_call(call_id: string, signal: AbortSignal): Promise<CallExplanation> {
  const params = { path: { call_id } };
  return answer_of(api.GET("/tollgate/calls/{call_id}", { params, signal }));
}
