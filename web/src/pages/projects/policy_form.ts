// SPDX-License-Identifier: Apache-2.0
// What stands in the fields of a project's key policy, and what is sent for it.

import type { KeyPolicy, KeyPolicyChanges, LimitPeriod, MemberKeyKind } from "../../api/types";
import { parse_usd } from "../../format/money";

const kSecondsPerDay = 86_400;
const kDaysMax = 365;
const kKeysMax = 10_000;

// Empty: no such rule.
export interface PolicyFields {
  keys_max: string;
  days_max: string;
  kinds: MemberKeyKind[];
  limit_usd: string;
  limit_per: LimitPeriod;
}

export const kMemberKinds: { value: MemberKeyKind; label: string }[] = [
  { value: "project", label: "Project keys" },
  { value: "service-account", label: "Service accounts" },
  { value: "test", label: "Test keys" },
];

// An empty list allows all kinds.
export function fields_of(policy: KeyPolicy): PolicyFields {
  const { keys_per_member_max, lifetime_seconds_max, member_kinds, default_limit } = policy;
  return {
    keys_max: keys_per_member_max === null ? "" : `${keys_per_member_max}`,
    days_max: lifetime_seconds_max === null ? "" : days_of(lifetime_seconds_max),
    kinds: member_kinds.length > 0 ? member_kinds : kMemberKinds.map(({ value }) => value),
    limit_usd: default_limit?.usd ?? "",
    limit_per: default_limit?.per ?? "month",
  };
}

// A lifetime that the command line set finer than to a day stands as it is: "0.5".
function days_of(seconds: number): string {
  return `${seconds / kSecondsPerDay}`;
}

function is_number_up_to(text: string, most: number): boolean {
  const count = Number(text);
  return text.trim() === "" || (Number.isFinite(count) && count > 0 && count <= most);
}

function is_count_up_to(text: string, most: number): boolean {
  return is_number_up_to(text, most) && Number.isInteger(Number(text));
}

export const kProblems = {
  keys_max: (text: string) =>
    is_count_up_to(text, kKeysMax) ? null : "A whole number, or nothing.",
  days_max: (text: string) =>
    is_number_up_to(text, kDaysMax) ? null : `Up to ${kDaysMax} days, or nothing.`,
  kinds: (kinds: string[]) => (kinds.length === 0 ? "Choose at least one." : null),
  limit_usd: (text: string) =>
    text.trim() === "" || parse_usd(text) !== null ? null : "An amount in dollars, or nothing.",
} as const;

function number_or_null(text: string): number | null {
  return text.trim() === "" ? null : Number(text);
}

// Null takes a rule away.
export function request_of(fields: PolicyFields): KeyPolicyChanges {
  const usd = fields.limit_usd.trim() === "" ? null : parse_usd(fields.limit_usd);
  const has_all_kinds = fields.kinds.length === kMemberKinds.length;
  const days = number_or_null(fields.days_max);
  return {
    keys_per_member_max: number_or_null(fields.keys_max),
    lifetime_seconds_max: days === null ? null : Math.round(days * kSecondsPerDay),
    member_kinds: has_all_kinds ? [] : fields.kinds,
    default_limit: usd === null ? null : { usd, per: fields.limit_per },
  };
}

// For who may not change it.
export function describe(policy: KeyPolicy): string[] {
  const { keys_max, days_max, kinds, limit_usd, limit_per } = fields_of(policy);
  const rules: string[] = [];
  if (keys_max !== "") rules.push(`Each member may have ${keys_max} keys.`);
  if (days_max !== "") rules.push(`A key lives ${days_max} days at most.`);
  if (kinds.length < kMemberKinds.length) {
    const labels = kMemberKinds.filter(({ value }) => kinds.includes(value));
    rules.push(`Members make: ${labels.map(({ label }) => label.toLowerCase()).join(", ")}.`);
  }
  if (limit_usd !== "") rules.push(`Each new key may spend $${limit_usd} per ${limit_per}.`);
  return rules;
}
