// SPDX-License-Identifier: Apache-2.0
// As queries.ts, of prices and of what organizations pay.

import { queryOptions } from "@tanstack/react-query";

import {
  list_book_history,
  list_price_books,
  list_price_history,
  list_prices,
  read_price_ceiling,
} from "./prices";

// Whoever decides a price changes all that begins with this.
export const kPrices = ["prices"];

// Of the models whose names hold `model`; of none: what has no price, and what was decided.
export function prices_query(model: string) {
  return queryOptions({
    queryKey: [...kPrices, "found", model],
    queryFn: ({ signal }) => list_prices(model, signal),
  });
}

export function price_history_query(model: string) {
  return queryOptions({
    queryKey: [...kPrices, "history", model],
    queryFn: ({ signal }) => list_price_history(model, signal),
  });
}

export const price_ceiling_query = queryOptions({
  queryKey: [...kPrices, "ceiling"],
  queryFn: ({ signal }) => read_price_ceiling(signal),
});

// Whoever changes a rule changes all that begins with this.
export const price_books_query = queryOptions({
  queryKey: ["price_books"],
  queryFn: ({ signal }) => list_price_books(signal),
});

export function book_history_query(organization_id: string | null) {
  return queryOptions({
    queryKey: ["price_books", "history", organization_id],
    queryFn: ({ signal }) => list_book_history(organization_id, signal),
  });
}
