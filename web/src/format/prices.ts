// SPDX-License-Identifier: Apache-2.0
// What is paid for, and at what price, in the words of a price list.

import type { Price, PriceSheet, PriceUnit } from "../api/types";
import { format_count } from "./count";
import { format_exact_nanousd } from "./exact";
import { format_nanousd } from "./money";
import { format_instant } from "./time";

interface UnitWords {
  // As a line of a list.
  label: string;
  // Of what a call has few, each has a price; everything else is priced by the million.
  each?: string;
}

export const kUnits: Record<PriceUnit, UnitWords> = {
  input_text_token: { label: "Input tokens" },
  cached_input_text_token: { label: "Cached input tokens" },
  cache_write_text_token: { label: "Tokens written to a cache, for minutes" },
  cache_write_1h_text_token: { label: "Tokens written to a cache, for an hour" },
  cache_write_12h_text_token: { label: "Tokens written to a cache, for 12 hours" },
  output_text_token: { label: "Output tokens" },
  reasoning_token: { label: "Reasoning tokens" },
  input_audio_token: { label: "Audio input tokens" },
  cached_input_audio_token: { label: "Cached audio input tokens" },
  output_audio_token: { label: "Audio output tokens" },
  input_image_token: { label: "Image input tokens" },
  cached_input_image_token: { label: "Cached image input tokens" },
  output_image_token: { label: "Image output tokens" },
  input_image: { label: "Input images", each: "an image" },
  output_image: { label: "Output images", each: "an image" },
  input_pixel: { label: "Input pixels" },
  output_pixel: { label: "Output pixels" },
  input_second: { label: "Seconds of audio read", each: "a second" },
  output_second: { label: "Seconds of audio made", each: "a second" },
  input_character: { label: "Characters read" },
  output_character: { label: "Characters written" },
  input_page: { label: "Pages read", each: "a page" },
  web_search_call: { label: "Web searches", each: "a search" },
  file_search_call: { label: "File searches", each: "a search" },
  code_interpreter_session: { label: "Containers that code ran in", each: "a container" },
  request: { label: "Calls", each: "a call" },
};

// "a million", "an image".
export function per_unit(unit: PriceUnit): string {
  return kUnits[unit].each ?? "a million";
}

// A millionth of what a million cost, without a digit lost.
function exact_of_one(nanousd_per_million: number): string {
  const digits = String(nanousd_per_million).padStart(7, "0");
  return `${digits.slice(0, -6)}.${digits.slice(-6)}`;
}

// "$0.40", "$0.04": of a million, or of one.
export function format_dollars({ unit, nanousd_per_million }: Price): string {
  return kUnits[unit].each === undefined
    ? format_nanousd(nanousd_per_million)
    : format_exact_nanousd(exact_of_one(nanousd_per_million));
}

// "$0.40 a million", "$0.04 an image".
export function format_amount(price: Price): string {
  return `${format_dollars(price)} ${per_unit(price.unit)}`;
}

// What stands in a field to be edited: no sign, no thousands.
export function amount_of(price: Price): string {
  return format_dollars(price).replace(/[$,]/g, "");
}

// "batch, above 200,000 input tokens"; nothing where the price holds for every case.
export function format_case({ tier, size, quality, above_input_tokens }: Price): string {
  return [
    tier,
    size,
    quality,
    above_input_tokens ? `above ${format_count(above_input_tokens)} input tokens` : undefined,
  ]
    .filter((part) => part !== undefined && part !== "")
    .join(", ");
}

// "Input tokens (batch): $0.20 a million".
export function format_price(price: Price): string {
  const of_case = format_case(price);
  return `${kUnits[price.unit].label}${of_case && ` (${of_case})`}: ${format_amount(price)}`;
}

// By unit; of each, the price of every other case first.
export function in_order(prices: Price[]): Price[] {
  const units = Object.keys(kUnits);
  return [...prices].sort(
    (a, b) =>
      units.indexOf(a.unit) - units.indexOf(b.unit) ||
      format_case(a).localeCompare(format_case(b)),
  );
}

// Who says so, and since when.
export function format_sheet(sheet: PriceSheet): string {
  const since = format_instant(sheet.valid_from);
  switch (sheet.source) {
    case "catalogue":
      return `as shipped with Tollgate, the catalogue of ${sheet.catalogue_date ?? "no date"}`;
    case "operator":
      return `the operator's decision ${sheet.decision ?? ""}, valid from ${since} on`;
    case "price_book":
      return `the price book's rule ${sheet.decision ?? ""}, valid from ${since} on`;
    case "ceiling":
      return `nobody says: the operator's ceiling, valid from ${since} on`;
  }
}
