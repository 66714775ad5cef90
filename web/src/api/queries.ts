// SPDX-License-Identifier: Apache-2.0
// What the console reads, by name, and how often. Whoever changes something invalidates its name.

import { queryOptions, skipToken } from "@tanstack/react-query";

import { read_session, read_sign_up } from "./entry";
import { list_key_limits, list_keys, read_key } from "./keys";
import { list_sessions } from "./profile";
import { list_providers, read_routes } from "./providers";
import {
  type CallsQuestion,
  explain_call,
  list_calls,
  read_usage,
  type UsageQuestion,
} from "./usage";

export const session_query = queryOptions({
  queryKey: ["session"],
  queryFn: ({ signal }) => read_session(signal),
  staleTime: 60_000,
});

export const sign_up_query = queryOptions({
  queryKey: ["sign_up"],
  queryFn: ({ signal }) => read_sign_up(signal),
});

export const sessions_query = queryOptions({
  queryKey: ["sessions"],
  queryFn: ({ signal }) => list_sessions(signal),
});

export const keys_query = queryOptions({
  queryKey: ["keys"],
  queryFn: ({ signal }) => list_keys(signal),
  refetchInterval: 5_000,
});

export function key_query(id: string) {
  return queryOptions({
    // Whoever changes keys changes this one, too.
    queryKey: ["keys", id],
    queryFn: ({ signal }) => read_key(id, signal),
    refetchInterval: 5_000,
  });
}

export const key_limits_query = queryOptions({
  queryKey: ["limits"],
  queryFn: ({ signal }) => list_key_limits(signal),
  refetchInterval: 5_000,
});

// A call must be seen within a second of its end.
export function calls_query(question: CallsQuestion | null) {
  return queryOptions({
    queryKey: ["calls", question],
    queryFn: question ? ({ signal }) => list_calls(question, signal) : skipToken,
    refetchInterval: 1_000,
    staleTime: 0,
    placeholderData: (previous) => previous,
  });
}

// What a call cost never changes, but a call may stand in the ledger a second after its end.
export function explanation_query(call_id: string) {
  return queryOptions({
    queryKey: ["explanation", call_id],
    queryFn: ({ signal }) => explain_call(call_id, signal),
    staleTime: 60_000,
  });
}

// With the question, as an answer to the one before is shown until the next is there.
export function usage_query(question: UsageQuestion) {
  return queryOptions({
    queryKey: ["usage", question],
    queryFn: async ({ signal }) => ({ question, report: await read_usage(question, signal) }),
    refetchInterval: 10_000,
    placeholderData: (previous) => previous,
  });
}

// Of what is over, or is not looked at closely.
export function past_usage_query(question: UsageQuestion, is_wanted = true) {
  return queryOptions({
    queryKey: ["past_usage", question],
    queryFn: ({ signal }) => read_usage(question, signal),
    staleTime: 60_000,
    enabled: is_wanted,
    placeholderData: (previous) => previous,
  });
}

export const providers_query = queryOptions({
  queryKey: ["providers"],
  queryFn: ({ signal }) => list_providers(signal),
});

export const routes_query = queryOptions({
  queryKey: ["routes"],
  queryFn: ({ signal }) => read_routes(signal),
});
