// SPDX-License-Identifier: Apache-2.0
// What stands in the fields of a key's form, and what is sent for it.

import type { ApiKey, KeyChanges, KeyKind, KeyRestrictions, NewKey } from "../../api/types";
import { parse_usd } from "../../format/money";
import { type PermissionFields, permissions_of, scopes_of } from "./permissions_form";

const kSecondsPerDay = 86_400;

// Days, or one of the two that are none.
export type Lifetime = "7" | "30" | "90" | "365" | "never" | "date";

export const kLifetimes: { value: Lifetime; label: string }[] = [
  { value: "never", label: "Never" },
  { value: "7", label: "In 7 days" },
  { value: "30", label: "In 30 days" },
  { value: "90", label: "In 90 days" },
  { value: "365", label: "In a year" },
  { value: "date", label: "After a day…" },
];

export const kEndpoints = [
  "/v1/chat/completions",
  "/v1/responses",
  "/v1/completions",
  "/v1/embeddings",
  "/v1/moderations",
  "/v1/images/generations",
  "/v1/images/edits",
  "/v1/images/variations",
  "/v1/audio/speech",
  "/v1/audio/transcriptions",
  "/v1/audio/translations",
  "/v1/files",
  "/v1/uploads",
  "/v1/batches",
  "/v1/conversations",
  "/v1/vector_stores",
  "/v1/fine_tuning/jobs",
  "/v1/skills",
];

export interface RestrictionFields extends PermissionFields {
  lifetime: Lifetime;
  // A day, as 2026-12-31: its last second in the reader's own time zone.
  last_day: string;
  models: string[];
  endpoints: string[];
  addresses: string[];
}

export interface KeyFields extends RestrictionFields {
  name: string;
  note: string;
}

export interface NewKeyFields extends KeyFields {
  kind: KeyKind;
  project_id: string;
  is_limited: boolean;
  limit_usd: string;
}

// On by suggestion, not by force.
export const kSuggestedLimitUsd = "20";

export const kNoRestrictions: RestrictionFields = {
  lifetime: "never",
  last_day: "",
  permissions: "all",
  abilities: [],
  models: [],
  endpoints: [],
  addresses: [],
};

function day_of(unix_s: number): string {
  const date = new Date(unix_s * 1_000);
  const two = (count: number) => `${count}`.padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

// NaN where it is no day.
export function end_of_day_unix_s(day: string): number {
  return Math.floor(new Date(`${day}T23:59:59`).getTime() / 1_000);
}

export function fields_of(key: ApiKey): KeyFields {
  return {
    name: key.name,
    note: key.note,
    lifetime: key.expires_at === null ? "never" : "date",
    last_day: key.expires_at === null ? "" : day_of(key.expires_at),
    ...permissions_of(key.scopes),
    models: key.models,
    endpoints: key.endpoints,
    addresses: key.addresses,
  };
}

function expiry_of({ lifetime, last_day }: RestrictionFields): KeyRestrictions {
  if (lifetime === "never") return { expires_at: null };
  if (lifetime === "date") return { expires_at: end_of_day_unix_s(last_day) };
  return { expires_in_seconds: Number(lifetime) * kSecondsPerDay };
}

export const kProblems = {
  name: (name: string) => (name.trim() === "" ? "A name by which you will know it again." : null),
  last_day: (day: string, { lifetime }: RestrictionFields) => {
    if (lifetime !== "date") return null;
    if (Number.isNaN(end_of_day_unix_s(day))) return "A day, after which the key is refused.";
    return end_of_day_unix_s(day) * 1_000 < Date.now() ? "This day is over." : null;
  },
  abilities: (abilities: string[], { permissions }: RestrictionFields) =>
    permissions === "restricted" && abilities.length === 0
      ? "Choose what the key may call; with nothing it could call nothing."
      : null,
} as const;

export function problem_of_limit(fields: NewKeyFields): string | null {
  if (!takes_limit(fields) || parse_usd(fields.limit_usd) !== null) return null;
  return "An amount in dollars, such as 12.50.";
}

// A test key costs nothing that could be limited.
export function takes_limit({ kind, is_limited }: NewKeyFields): boolean {
  return is_limited && kind !== "test";
}

// Only what restricts is sent.
export function request_of(fields: NewKeyFields): NewKey {
  const { name, note, kind, project_id, models, endpoints, addresses } = fields;
  const usd = takes_limit(fields) ? parse_usd(fields.limit_usd) : null;
  return {
    name: name.trim(),
    kind,
    project_id,
    ...(note.trim() !== "" && { note: note.trim() }),
    ...(fields.lifetime !== "never" && expiry_of(fields)),
    ...(fields.permissions !== "all" && scopes_of(fields)),
    ...(models.length > 0 && { models }),
    ...(endpoints.length > 0 && { endpoints }),
    ...(addresses.length > 0 && { addresses }),
    ...(usd !== null && { limit: { usd, per: "month" } }),
  };
}

function differs(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) !== JSON.stringify(other);
}

// Only what was changed is sent: what another admin changed meanwhile stays, and so do scopes for
// which the form has no box.
export function changes_of(before: KeyFields, fields: KeyFields): KeyChanges {
  const changes: KeyChanges = {};
  if (fields.name.trim() !== before.name) changes.name = fields.name.trim();
  if (fields.note.trim() !== before.note) changes.note = fields.note.trim();
  if (fields.lifetime !== before.lifetime || fields.last_day !== before.last_day) {
    Object.assign(changes, expiry_of(fields));
  }
  const chosen = ({ permissions, abilities }: KeyFields) => [permissions, abilities.toSorted()];
  if (differs(chosen(before), chosen(fields))) Object.assign(changes, scopes_of(fields));
  for (const list of ["models", "endpoints", "addresses"] as const) {
    if (differs(before[list], fields[list])) changes[list] = fields[list];
  }
  return changes;
}
