// SPDX-License-Identifier: Apache-2.0
// What models cost: as shipped, or as the operator has decided.

import { answer_of, api } from "./client";
import { change } from "./http";
import type { PriceChange, PriceDecision, PriceRow } from "./types";

const kFoundMax = 50;

async function list(
  query: { model?: string; decided?: boolean; unpriced?: boolean; limit?: number },
  signal: AbortSignal,
): Promise<PriceRow[]> {
  return (await answer_of(api.GET("/tollgate/prices", { params: { query }, signal }))).data;
}

export async function list_prices(model: string, signal: AbortSignal): Promise<PriceRow[]> {
  if (model !== "") return list({ model, limit: kFoundMax }, signal);
  const [unpriced, decided] = await Promise.all([
    list({ unpriced: true }, signal),
    list({ decided: true }, signal),
  ]);
  return [...unpriced, ...decided];
}

export function set_price(body: PriceChange, csrf_token: string): Promise<PriceDecision> {
  return answer_of(api.POST("/tollgate/prices", { body, ...change(csrf_token) }));
}
