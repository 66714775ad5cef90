// SPDX-License-Identifier: Apache-2.0
// What makes a call's sum less certain than it looks: each is said, also where it is not so.

import type { CallExplanation } from "../../api/types";

export interface CallMark {
  name: "estimated" | "unpriced" | "mismatch" | "interrupted";
  // As it is: "mismatch" or "no mismatch".
  label: string;
  is_on: boolean;
  meaning: string;
}

// Of the flags, those that have a mark of their own.
const kMarked = ["unpriced", "unpriced_unit", "model_mismatch"];

const kCountedBy = {
  none: "Nothing was used, so nothing was counted.",
  provider: "The provider said what was used.",
  counted: "The provider did not say what was used: Tollgate counted it.",
  estimated: "No provider said what was used: these counts are an estimate.",
};

function meaning_of(explained: CallExplanation, ...names: string[]): string | null {
  const told = explained.flags.filter(({ name }) => names.includes(name));
  return told.length === 0 ? null : told.map(({ meaning }) => meaning).join(" ");
}

// Always these, in this order.
export function marks_of(explained: CallExplanation): CallMark[] {
  const { usage_source, outcome } = explained.call;
  const unpriced = meaning_of(explained, "unpriced", "unpriced_unit");
  const mismatch = meaning_of(explained, "model_mismatch");
  const is_estimated = usage_source === "estimated";
  const is_interrupted = outcome === "interrupted";
  return [
    {
      name: "estimated",
      label: is_estimated ? "estimated" : "not estimated",
      is_on: is_estimated,
      meaning: kCountedBy[usage_source],
    },
    {
      name: "unpriced",
      label: unpriced === null ? "all priced" : "unpriced",
      is_on: unpriced !== null,
      meaning: unpriced ?? "All that was used has a price.",
    },
    {
      name: "mismatch",
      label: mismatch === null ? "no mismatch" : "mismatch",
      is_on: mismatch !== null,
      meaning: mismatch ?? "No other model answered than was asked for.",
    },
    {
      name: "interrupted",
      label: is_interrupted ? "interrupted" : "not interrupted",
      is_on: is_interrupted,
      meaning: is_interrupted
        ? "Its end was not seen: what had surely been used is charged."
        : "Its end was seen.",
    },
  ];
}

// Whose prices its cost is made from.
export function priced_model({ call, flags, upstream_model }: CallExplanation): string {
  const is_as_served = flags.some(({ name }) => name === "charged_as_served");
  return is_as_served ? call.served_model : upstream_model;
}

// What else the ledger notes of it.
export function notes_of({ flags }: CallExplanation): { name: string; meaning: string }[] {
  return flags.filter(({ name }) => !kMarked.includes(name));
}
