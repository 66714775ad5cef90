// SPDX-License-Identifier: Apache-2.0
// Prices as the fields of a form have them, a line each, and as the server takes them.

import type { NewPrice, Price, PriceUnit } from "../../api/types";
import { parse_usd } from "../../format/money";
import { amount_of, kUnits } from "../../format/prices";

export interface PriceLine {
  // For lists on the screen, which may lose any of them.
  id: string;
  unit: PriceUnit;
  usd: string;
  tier: string;
  size: string;
  quality: string;
  above: string;
  // Of the usual units, which are always there.
  is_fixed: boolean;
}

export const kTiers: { value: string; label: string }[] = [
  { value: "", label: "any" },
  { value: "batch", label: "batch" },
  { value: "flex", label: "flex" },
  { value: "priority", label: "priority" },
  { value: "ultrafast", label: "ultrafast" },
  { value: "training", label: "training" },
];

const kUsual: PriceUnit[] = ["input_text_token", "cached_input_text_token", "output_text_token"];

let lines_made = 0;

export function new_line(unit: PriceUnit, is_fixed = false): PriceLine {
  const id = String(++lines_made);
  return { id, unit, usd: "", tier: "", size: "", quality: "", above: "", is_fixed };
}

function is_plain({ tier, size, quality, above_input_tokens }: Price): boolean {
  return !tier && !size && !quality && !above_input_tokens;
}

// The price of the unit in every case that has none of its own.
export function plain_price(prices: Price[], unit: PriceUnit): Price | undefined {
  return prices.find((price) => price.unit === unit && is_plain(price));
}

function line_of(price: Price): PriceLine {
  return {
    ...new_line(price.unit),
    usd: amount_of(price),
    tier: price.tier ?? "",
    size: price.size ?? "",
    quality: price.quality ?? "",
    above: price.above_input_tokens ? String(price.above_input_tokens) : "",
  };
}

// The usual units first, whether they have a price or none; then all others that have one.
export function lines_of(prices: Price[]): PriceLine[] {
  const usual = kUsual.map((unit) => {
    const price = plain_price(prices, unit);
    return { ...new_line(unit, true), usd: price ? amount_of(price) : "" };
  });
  const others = prices.filter((price) => !(kUsual.includes(price.unit) && is_plain(price)));
  return [...usual, ...others.map(line_of)];
}

export function problem_of_usd(text: string, line: Pick<PriceLine, "is_fixed">): string | null {
  const may_be_empty = line.is_fixed;
  if (text.trim() === "" && may_be_empty) return null;
  return parse_usd(text) === null ? "Dollars, as 1.25." : null;
}

export function problem_of_above(text: string): string | null {
  return /^\d{0,9}$/.test(text.trim()) ? null : "A number of tokens.";
}

// What has no amount is not sent.
export function prices_of(lines: PriceLine[]): NewPrice[] {
  return lines.flatMap(({ unit, usd, tier, size, quality, above }) => {
    const amount = parse_usd(usd);
    if (amount === null) return [];
    const above_input_tokens = Number(above.trim());
    return [
      {
        unit,
        ...(kUnits[unit].each === undefined
          ? { usd_per_million: amount }
          : { usd_per_unit: amount }),
        ...(tier !== "" && { tier: tier as NonNullable<NewPrice["tier"]> }),
        ...(size.trim() !== "" && { size: size.trim() }),
        ...(quality.trim() !== "" && { quality: quality.trim() }),
        ...(above_input_tokens > 0 && { above_input_tokens }),
      },
    ];
  });
}
