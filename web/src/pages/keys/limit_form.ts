// SPDX-License-Identifier: Apache-2.0
// What stands in the fields of the limit form, and what is sent for it.

import type { NewKeyLimit } from "../../api/keys";
import type { Limit, LimitAmount, LimitMetric, LimitPeriod } from "../../api/types";
import { nanousd_to_decimal, parse_usd } from "../../format/money";

export interface LimitFields {
  metric: LimitMetric;
  amount: string;
  per: LimitPeriod;
}

export const kEmptyFields: LimitFields = { metric: "money", amount: "", per: "month" };

export const kMetrics: { value: LimitMetric; label: string }[] = [
  { value: "money", label: "US dollars" },
  { value: "tokens", label: "Tokens" },
  { value: "requests", label: "Requests" },
  { value: "concurrency", label: "Calls at once" },
  { value: "images", label: "Images" },
  { value: "audio", label: "Megabytes of audio" },
];

export const kPeriods: { value: LimitPeriod; label: string }[] = [
  { value: "minute", label: "per minute" },
  { value: "hour", label: "per hour" },
  { value: "day", label: "per day" },
  { value: "week", label: "per week" },
  { value: "month", label: "per month" },
  { value: "quarter", label: "per quarter" },
  { value: "year", label: "per year" },
  { value: "total", label: "in total" },
];

const kBytesPerMegabyte = 1_000_000;

// Of metrics that take no other.
export function only_period_of(metric: LimitMetric): LimitPeriod | null {
  if (metric === "concurrency") return "total";
  return metric === "images" || metric === "audio" ? "minute" : null;
}

export function fields_of({ metric, amount, per }: Limit): LimitFields {
  if (metric === "money") return { metric, per, amount: nanousd_to_decimal(amount) };
  return { metric, per, amount: `${metric === "audio" ? amount / kBytesPerMegabyte : amount}` };
}

// Null where the text is no such amount. Fifteen digits are a number that JSON keeps whole.
export function parse_amount(metric: LimitMetric, text: string): LimitAmount | null {
  if (metric === "money") {
    const usd = parse_usd(text);
    return usd === null ? null : { usd };
  }
  if (!/^\d{1,15}$/.test(text.trim())) return null;
  const count = Number(text);
  if (metric === "tokens") return { tokens: count };
  if (metric === "images") return { images: count };
  if (metric === "audio") return { audio_megabytes: count };
  return metric === "requests" ? { requests: count } : { concurrency: count };
}

export function problem_of({ metric, amount }: LimitFields): string | null {
  if (parse_amount(metric, amount) !== null) return null;
  return metric === "money" ? "An amount in dollars, such as 12.50." : "A whole number.";
}

// All else about a limit that is being changed stays as it is, so that it is the same limit.
export function request_of(fields: LimitFields, changed: Limit | null): NewKeyLimit | null {
  const amount = parse_amount(fields.metric, fields.amount);
  if (amount === null) return null;
  if (changed !== null) {
    const { per, window, time_zone, hard, trusts_upstream } = changed;
    return { ...amount, per, window, time_zone, soft: !hard, trust_upstream: trusts_upstream };
  }
  return { ...amount, per: only_period_of(fields.metric) ?? fields.per };
}
