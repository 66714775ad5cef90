// SPDX-License-Identifier: Apache-2.0
// Limits as people read them: "$50.00 per month", "$12.40 of $50.00", "resets Dec 1".

import type { Limit, LimitMetric } from "../api/types";
import { format_count } from "./count";
import { format_nanousd } from "./money";

const kMsPerDay = 86_400_000;

const kUnits: Record<LimitMetric, string> = {
  money: "",
  tokens: " tokens",
  requests: " requests",
  concurrency: " calls at once",
  images: " images",
  audio: " bytes of audio",
};

// In the limit's own unit, which only money says by itself.
export function format_amount(metric: LimitMetric, amount: number): string {
  return metric === "money" ? format_nanousd(amount) : format_count(amount);
}

// What the limit allows: "60 requests per minute, as a rate".
export function format_rule(limit: Limit): string {
  let text = format_amount(limit.metric, limit.amount) + kUnits[limit.metric];
  if (limit.metric !== "concurrency") {
    text += limit.per === "total" ? " in total" : ` per ${limit.per}`;
  }
  if (limit.window === "rolling") text += ", rolling";
  if (limit.window === "rate") text += ", as a rate";
  if (limit.time_zone !== "UTC") text += ` in ${limit.time_zone}`;
  return limit.hard ? text : `${text} (soft)`;
}

// What was used of it, what running calls hold included: "$12.40 of $50.00".
export function format_used(limit: Limit): string {
  const used = format_amount(limit.metric, limit.spent + limit.held);
  return `${used} of ${format_amount(limit.metric, limit.amount)}${kUnits[limit.metric]}`;
}

export function percent_used(limit: Limit): number {
  if (limit.amount === 0) return 100;
  return Math.min(100, ((limit.spent + limit.held) / limit.amount) * 100);
}

// "resets Dec 1", as the limit's calendar has it; the time where that is within a day. Null where
// nothing will change by waiting.
export function format_reset(limit: Limit, now_unix_ms: number): string | null {
  if (limit.resets_at === null) return null;
  const at_unix_ms = limit.resets_at * 1_000;
  if (at_unix_ms <= now_unix_ms) return null;
  // The shorter of "Dec 1" and "2:00 PM" that says it all, the latter in the reader's own zone.
  const is_soon = at_unix_ms - now_unix_ms < kMsPerDay;
  const when = is_soon
    ? new Intl.DateTimeFormat("en-US", { timeStyle: "short" })
    : new Intl.DateTimeFormat("en-US", {
        month: "short",
        day: "numeric",
        timeZone: limit.time_zone,
      });
  const verb = limit.window === "calendar" ? "resets" : "refills";
  return `${verb} ${is_soon ? "at " : ""}${when.format(at_unix_ms)}`;
}
