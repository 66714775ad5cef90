// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import type { Price, PriceSheet } from "../api/types";
import {
  amount_of,
  format_amount,
  format_case,
  format_price,
  format_sheet,
  in_order,
} from "./prices";

const kInput: Price = { unit: "input_text_token", nanousd_per_million: 400_000_000 };

test("tokens by the million, images and searches each", () => {
  expect(format_amount(kInput)).toBe("$0.40 a million");
  expect(format_amount({ unit: "output_image", nanousd_per_million: 40_000_000_000_000 })).toBe(
    "$0.04 an image",
  );
  expect(format_amount({ unit: "input_second", nanousd_per_million: 1 })).toBe(
    "$0.000000000000001 a second",
  );
  expect(amount_of({ unit: "request", nanousd_per_million: 1_500_000_000_000_000_000 })).toBe(
    "1500.00",
  );
});

test("a price says when it holds", () => {
  const price: Price = { ...kInput, tier: "batch", above_input_tokens: 200_000 };
  expect(format_case(price)).toBe("batch, above 200,000 input tokens");
  expect(format_price(price)).toBe(
    "Input tokens (batch, above 200,000 input tokens): $0.40 a million",
  );
  expect(format_price(kInput)).toBe("Input tokens: $0.40 a million");
});

test("prices stand by unit, that of every other case first", () => {
  const batch: Price = { ...kInput, tier: "batch" };
  const output: Price = { unit: "output_text_token", nanousd_per_million: 1 };
  expect(in_order([output, batch, kInput])).toEqual([kInput, batch, output]);
});

test("who says so, and since when", () => {
  const sheet: PriceSheet = {
    id: 1,
    source: "catalogue",
    catalogue_date: "2026-11-24",
    decision: null,
    valid_from: 1_796_083_200,
    free: false,
  };
  expect(format_sheet(sheet)).toBe("as shipped with Tollgate, the catalogue of 2026-11-24");
  expect(format_sheet({ ...sheet, source: "operator", decision: 12 })).toBe(
    "the operator's decision 12, valid from 1 Dec 2026 (UTC) on",
  );
  expect(format_sheet({ ...sheet, source: "price_book", decision: 3 })).toMatch(
    /^the price book's rule 3, /,
  );
  expect(format_sheet({ ...sheet, source: "ceiling", valid_from: 1_796_115_600 })).toBe(
    "nobody says: the operator's ceiling, valid from 1 Dec 2026, 09:00:00 (UTC) on",
  );
});
