// SPDX-License-Identifier: Apache-2.0
// As queries.ts, of credit.

import { infiniteQueryOptions } from "@tanstack/react-query";

import { type EntriesQuestion, list_credit_entries, list_credits } from "./credits";

// Whoever grants or corrects changes all that begins with this.
export const kCredits = ["credits"];

export function credits_query(organization: string) {
  return infiniteQueryOptions({
    queryKey: [...kCredits, "grants", organization],
    queryFn: ({ signal, pageParam }) => list_credits(organization, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ has_more, data }) =>
      has_more ? (data[data.length - 1]?.id ?? null) : null,
    refetchInterval: 10_000,
  });
}

export function credit_entries_query(question: EntriesQuestion) {
  return infiniteQueryOptions({
    queryKey: [...kCredits, "entries", question],
    queryFn: ({ signal, pageParam }) => list_credit_entries(question, pageParam, signal),
    initialPageParam: null as number | null,
    getNextPageParam: ({ has_more, data }) =>
      has_more ? (data[data.length - 1]?.sequence ?? null) : null,
  });
}
