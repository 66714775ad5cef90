// SPDX-License-Identifier: Apache-2.0
// Why an organization pays what it does for a cost, in a sentence.

import type { ChargeExplanation } from "../../api/types";
import { format_sheet } from "../../format/prices";

const kMillionth = 6;

// 1_150_000 is "1.15".
export function format_factor(millionths: number): string {
  const digits = String(millionths).padStart(kMillionth + 1, "0");
  const decimals = digits.slice(-kMillionth).replace(/0+$/, "");
  return `${digits.slice(0, -kMillionth)}${decimals && `.${decimals}`}`;
}

export function format_rule(charge: ChargeExplanation): string {
  switch (charge.rule) {
    case "cost":
      return "The organization pays what the provider asks.";
    case "factor":
      return (
        `The price book says ${format_factor(charge.factor_millionths)} times the cost, ` +
        "rounded half up to a nano-dollar, once."
      );
    case "prices":
      return charge.price_sheet === null
        ? "The organization has prices of its own for this model."
        : "The organization has prices of its own for this model: " +
            `${format_sheet(charge.price_sheet)}.`;
  }
}
