// SPDX-License-Identifier: Apache-2.0
// What the form for an alert has in its fields, and what is asked of the server.

import type { Alert, AlertChanges, Limit, NewAlert } from "../../api/types";
import { format_rule } from "../../format/limits";
import { nanousd_to_decimal, parse_cents } from "../../format/money";

// Of `what`: a threshold of its own; else it is a limit's id.
export const kThreshold = "threshold";

export interface AlertTarget {
  scope: "organization" | "project" | "key";
  id: string;
}

export interface AlertFields {
  what: string;
  usd: string;
  percents: string;
  recipients: string;
  subject_prefix: string;
}

export interface Choice {
  value: string;
  label: string;
}

// A mail comes too late for a minute or an hour, and a rate fills again all the time.
function is_alertable({ per, window }: Limit): boolean {
  return per !== "minute" && per !== "hour" && window !== "rate";
}

export function choices_of({ scope }: AlertTarget, limits: Limit[]): Choice[] {
  const own: Choice[] =
    scope === "key" ? [] : [{ value: kThreshold, label: "Spending in a calendar month (UTC)" }];
  const of_limits = limits
    .filter(is_alertable)
    .map((limit) => ({ value: limit.id, label: `Limit of ${format_rule(limit)}` }));
  return [...own, ...of_limits];
}

export function new_fields(first: string, email: string): AlertFields {
  return {
    what: first,
    usd: "",
    percents: "50, 80, 100",
    recipients: first === kThreshold ? email : "",
    subject_prefix: "",
  };
}

export function fields_of(alert: Alert): AlertFields {
  return {
    what: alert.limit_id ?? kThreshold,
    usd: alert.limit_id === null ? nanousd_to_decimal(alert.amount_nanousd) : "",
    percents: alert.percents?.join(", ") ?? "",
    recipients: alert.recipients.join(", "),
    subject_prefix: alert.subject_prefix ?? "",
  };
}

function words_of(text: string): string[] {
  return text.split(/[\s,;]+/).filter((word) => word !== "");
}

// Ascending; null where they make no sense.
export function parse_percents(text: string): number[] | null {
  const words = words_of(text.replaceAll("%", " "));
  if (words.length === 0 || words.length > 10) return null;
  if (!words.every((word) => /^(100|[1-9]\d?)$/.test(word))) return null;
  const percents = words.map(Number).sort((a, b) => a - b);
  return new Set(percents).size === percents.length ? percents : null;
}

export function problem_of_usd({ what, usd }: AlertFields): string | null {
  if (what !== kThreshold || parse_cents(usd) !== null) return null;
  return "Dollars and cents, such as 100.00.";
}

export function problem_of_percents({ what, percents }: AlertFields): string | null {
  if (what === kThreshold || parse_percents(percents) !== null) return null;
  return "Whole numbers from 1 to 100, such as 50, 80, 100.";
}

export function problem_of_recipients({ what, recipients }: AlertFields): string | null {
  const words = words_of(recipients);
  if (words.length === 0 && what === kThreshold) return "Somebody has to be told.";
  if (words.length > 20) return "20 addresses at most.";
  return words.every((word) => word.includes("@")) ? null : "E-mail addresses, with commas.";
}

export function changes_of(fields: AlertFields): AlertChanges {
  const { what, usd, percents, recipients, subject_prefix } = fields;
  const common = {
    recipients: words_of(recipients),
    subject_prefix: subject_prefix.trim(),
  };
  if (what === kThreshold) return { usd: usd.trim().replace(/^\$/, ""), ...common };
  return { percents: parse_percents(percents) ?? [], ...common };
}

export function request_of({ scope, id }: AlertTarget, fields: AlertFields): NewAlert {
  const { usd, percents, ...common } = changes_of(fields);
  if (fields.what !== kThreshold) {
    return { limit_id: fields.what, ...(percents && { percents }), ...common };
  }
  if (scope === "key") throw new Error("a key has no threshold of its own");
  return { scope, id, ...(usd !== undefined && { usd }), ...common };
}
