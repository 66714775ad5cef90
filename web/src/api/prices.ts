// SPDX-License-Identifier: Apache-2.0
// What models cost, as shipped or as the operator has decided, and what organizations pay for it.

import { answer_of, api, versioned } from "./client";
import { change, type Versioned } from "./http";
import type {
  ChargePolicy,
  NewPriceBookRule,
  NewPriceCeiling,
  PriceBook,
  PriceBookRule,
  PriceCeiling,
  PriceChange,
  PriceDecision,
  PriceImport,
  PriceImported,
  PriceRow,
} from "./types";

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

// The newest first.
export async function list_price_history(
  model: string,
  signal: AbortSignal,
): Promise<PriceDecision[]> {
  const params = { query: { model } };
  return (await answer_of(api.GET("/tollgate/prices/history", { params, signal }))).data;
}

// All of it or nothing; with `dry_run`, only what would be.
export function import_prices(body: PriceImport, csrf_token: string): Promise<PriceImported> {
  return answer_of(api.POST("/tollgate/prices/import", { body, ...change(csrf_token) }));
}

export function read_price_ceiling(signal: AbortSignal): Promise<Versioned<PriceCeiling>> {
  return versioned(api.GET("/tollgate/prices/ceiling", { signal }));
}

export function set_price_ceiling(
  before: Versioned<PriceCeiling>,
  body: NewPriceCeiling,
  csrf_token: string,
): Promise<PriceCeiling> {
  return answer_of(api.POST("/tollgate/prices/ceiling", { body, ...change(csrf_token, before) }));
}

export function list_price_books(signal: AbortSignal): Promise<PriceBook> {
  return answer_of(api.GET("/tollgate/price_books", { signal }));
}

export function set_price_book(
  body: NewPriceBookRule,
  csrf_token: string,
): Promise<PriceBookRule> {
  return answer_of(api.POST("/tollgate/price_books", { body, ...change(csrf_token) }));
}

// The newest first; null: of those that have no rule of their own.
export async function list_book_history(
  organization_id: string | null,
  signal: AbortSignal,
): Promise<PriceBookRule[]> {
  const query = organization_id === null ? {} : { organization: organization_id };
  const params = { query };
  return (await answer_of(api.GET("/tollgate/price_books/history", { params, signal }))).data;
}

export function set_charge_policy(
  organization: string,
  unwaited: ChargePolicy["unwaited"],
  csrf_token: string,
): Promise<ChargePolicy> {
  const request = { body: { organization, unwaited }, ...change(csrf_token) };
  return answer_of(api.POST("/tollgate/price_books/policy", request));
}
