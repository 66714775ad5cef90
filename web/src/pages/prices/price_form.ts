// SPDX-License-Identifier: Apache-2.0
// What the form for a model's price has in its fields, and what is asked of the server.

import type { Price, PriceChange, PriceKind } from "../../api/types";
import {
  lines_of,
  type PriceLine,
  prices_of,
  problem_of_above,
  problem_of_usd,
} from "./price_lines";

// What it is about. A model that no provider lists may have a price as well.
export interface PricedModel {
  model: string;
  // Null: at every provider that has no decision of its own.
  provider: string | null;
  // What holds now.
  prices: Price[];
}

export interface PriceFields {
  model: string;
  // Empty: every provider.
  provider: string;
  lines: PriceLine[];
  // What is not named has no price any more.
  only: boolean;
  // A day; empty: from now on.
  from: string;
  reason: string;
}

// Empty fields keep what holds.
export function fields_of({ model, provider }: PricedModel): PriceFields {
  const lines = lines_of([]);
  return { model, provider: provider ?? "", lines, only: false, from: "", reason: "" };
}

export const kPriceProblems = {
  model: (model: string) => (model.trim() === "" ? "As the provider calls it." : null),
  lines: {
    usd: (usd: string, { lines }: { lines: PriceLine[] }, path: string) =>
      problem_of_usd(usd, line_at(lines, path)),
    above: problem_of_above,
  },
};

// Of "lines.2.usd".
function line_at(lines: PriceLine[], path: string): PriceLine {
  const line = lines[Number(path.split(".")[1])];
  if (line === undefined) throw new Error(`there is no field ${path}`);
  return line;
}

export function change_of(fields: PriceFields, kind: PriceKind, confirm: boolean): PriceChange {
  const reason = fields.reason.trim();
  const { provider, from, only } = fields;
  return {
    model: fields.model.trim(),
    kind,
    ...(provider !== "" && { provider }),
    ...(kind === "priced" && { prices: prices_of(fields.lines), ...(only && { only }) }),
    ...(from !== "" && { from }),
    ...(reason !== "" && { reason }),
    ...(confirm && { confirm }),
  };
}
