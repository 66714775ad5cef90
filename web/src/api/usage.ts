// SPDX-License-Identifier: Apache-2.0
// What was used, and what it cost.

import { answer_of, api } from "./client";
import type { Call, Usage } from "./types";

const kCallsShown = 50;

// Both days count, in UTC.
export function read_usage(from: string, to: string, signal: AbortSignal): Promise<Usage> {
  return answer_of(api.GET("/tollgate/usage", { params: { query: { from, to } }, signal }));
}

export async function list_recent_calls(signal: AbortSignal): Promise<Call[]> {
  const query = { limit: kCallsShown };
  return (await answer_of(api.GET("/tollgate/calls", { params: { query }, signal }))).data;
}
