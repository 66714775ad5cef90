// SPDX-License-Identifier: Apache-2.0
// Of what was decided about a model: what is to come or was replaced before it began, what holds,
// what is past.

import type { PriceDecision } from "../../api/types";

export type DecisionState = "to come" | "replaced" | "holds" | "past";

// `decisions` have the newest first. For each provider, and for all others together, the one that
// began last holds; of two that began at once, the newer one.
export function states_of(decisions: PriceDecision[], now_unix_s: number): DecisionState[] {
  const holding = new Map<string | null, PriceDecision>();
  const coming = new Set<string>();
  return decisions
    .map((decision): DecisionState => {
      const { provider, valid_from } = decision;
      if (valid_from > now_unix_s) {
        const instant = JSON.stringify([provider, valid_from]);
        const is_replaced = coming.has(instant);
        coming.add(instant);
        return is_replaced ? "replaced" : "to come";
      }
      const held = holding.get(provider);
      if (held === undefined || valid_from > held.valid_from) holding.set(provider, decision);
      return "past";
    })
    .map((state, i) => {
      const decision = decisions[i];
      return decision && holding.get(decision.provider) === decision ? "holds" : state;
    });
}

// Of two that begin at once, the later one takes the other's place. `coming` has the oldest first.
export function without_replaced(coming: PriceDecision[]): PriceDecision[] {
  return coming.filter(
    ({ provider, valid_from }, i) =>
      !coming
        .slice(i + 1)
        .some((later) => later.provider === provider && later.valid_from === valid_from),
  );
}
