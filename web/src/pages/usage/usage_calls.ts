// SPDX-License-Identifier: Apache-2.0
// Which of the last calls belong to a view. The server lists the last calls of all kinds, so what
// is narrowed or past is looked for among more of them.

import type { Call, Usage } from "../../api/types";
import type { UsageFilters } from "../../api/usage";

export const kCallsShown = 50;
export const kCallsSearched = 1_000;

// A call does not say its project and user: they are known by the keys that have usage there.
export interface CallsOfView {
  filters: UsageFilters;
  // Unix seconds; the last does not count.
  from: number;
  to: number;
  key_ids: Set<string> | null;
}

export function needs_keys({ project_id, user_id }: UsageFilters): boolean {
  return project_id !== undefined || user_id !== undefined;
}

export function calls_of(
  filters: UsageFilters,
  report: Usage,
  keys: Usage | undefined,
): CallsOfView {
  const key_ids = keys?.groups.map(({ key_id }) => key_id ?? "") ?? [];
  return {
    filters,
    from: report.bounds[0] ?? 0,
    to: report.bounds[report.bounds.length - 1] ?? Infinity,
    key_ids: needs_keys(filters) ? new Set(key_ids) : null,
  };
}

export function calls_in(calls: Call[], { filters, from, to, key_ids }: CallsOfView): Call[] {
  const { key_id, model, endpoint } = filters;
  return calls
    .filter(
      (call) =>
        call.at_unix_ms >= from * 1_000 &&
        call.at_unix_ms < to * 1_000 &&
        (key_id === undefined || call.key_id === key_id) &&
        (model === undefined || call.model === model) &&
        (endpoint === undefined || call.endpoint === endpoint) &&
        (key_ids === null || key_ids.has(call.key_id)),
    )
    .slice(0, kCallsShown);
}
