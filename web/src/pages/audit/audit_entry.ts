// SPDX-License-Identifier: Apache-2.0
// An audit entry as people read it: who did what to what, and what it was before.

import type { AuditActor, AuditEntry, AuditUser } from "../../api/organization_types";
import { format_nanousd } from "../../format/money";
import { format_absolute } from "../../format/time";

// After the actor's name. What is not here is said by its type.
const kSentences: Record<string, string> = {
  "api_key.created": "created an API key",
  "api_key.updated": "changed an API key",
  "api_key.deleted": "revoked an API key",
  "tollgate.api_key.rotated": "rotated an API key",
  "tollgate.api_key.secret_ended": "ended a former secret of an API key",
  "tollgate.limit.set": "set a limit",
  "tollgate.limit.removed": "removed a limit",
  "limit.set": "set a limit",
  "limit.removed": "removed a limit",
  "rate_limit.updated": "changed a rate limit",
  "rate_limit.deleted": "removed a rate limit",
  "project.created": "created a project",
  "project.updated": "changed a project",
  "project.archived": "archived a project",
  "service_account.created": "created a service account",
  "service_account.updated": "changed a service account",
  "service_account.deleted": "deleted a service account",
  "user.added": "added a person",
  "user.updated": "changed a person",
  "user.deleted": "removed a person",
  "invite.sent": "sent an invitation",
  "invite.accepted": "accepted an invitation",
  "invite.deleted": "deleted an invitation",
  "group.created": "created a group",
  "group.updated": "changed a group",
  "group.deleted": "deleted a group",
  "role.created": "created a role",
  "role.updated": "changed a role",
  "role.deleted": "deleted a role",
  "role.assignment.created": "gave a role",
  "role.assignment.deleted": "took a role away",
  "organization.updated": "changed the organization",
  "login.succeeded": "signed in",
  "login.failed": "failed to sign in",
  "logout.succeeded": "signed out",
  "tollgate.usage.viewed": "viewed somebody's usage",
};

export interface EventGroup {
  value: string;
  label: string;
  types: string[];
}

export const kEventGroups: EventGroup[] = [
  { value: "", label: "Everything", types: [] },
  {
    value: "keys",
    label: "API keys",
    types: [
      "api_key.created",
      "api_key.updated",
      "api_key.deleted",
      "tollgate.api_key.rotated",
      "tollgate.api_key.secret_ended",
    ],
  },
  {
    value: "limits",
    label: "Limits",
    types: [
      "tollgate.limit.set",
      "tollgate.limit.removed",
      "rate_limit.updated",
      "rate_limit.deleted",
    ],
  },
  {
    value: "projects",
    label: "Projects and service accounts",
    types: [
      "project.created",
      "project.updated",
      "project.archived",
      "service_account.created",
      "service_account.updated",
      "service_account.deleted",
    ],
  },
  {
    value: "people",
    label: "People and invitations",
    types: [
      "user.added",
      "user.updated",
      "user.deleted",
      "invite.sent",
      "invite.accepted",
      "invite.deleted",
    ],
  },
  {
    value: "roles",
    label: "Groups and roles",
    types: [
      "group.created",
      "group.updated",
      "group.deleted",
      "role.created",
      "role.updated",
      "role.deleted",
      "role.assignment.created",
      "role.assignment.deleted",
    ],
  },
  {
    value: "sessions",
    label: "Sign-ins",
    types: ["login.succeeded", "login.failed", "logout.succeeded"],
  },
  { value: "usage", label: "Views of others' usage", types: ["tollgate.usage.viewed"] },
];

export function types_of(group: string): string[] {
  return kEventGroups.find(({ value }) => value === group)?.types ?? [];
}

export function sentence_of(type: string): string {
  return kSentences[type] ?? type.replace(/^tollgate\./, "").replace(/[._]/g, " ");
}

function name_of_user({ id, email }: AuditUser): string {
  if (email !== undefined) return email;
  return id.startsWith("uid:") ? `The command line (${id})` : id;
}

export function name_of_actor(actor: AuditActor): string {
  if (actor === null) return "The server";
  if (actor.type === "session") {
    return actor.session.user === undefined ? "Somebody" : name_of_user(actor.session.user);
  }
  const { id, user } = actor.api_key;
  return user === undefined ? `Key ${id}` : `${name_of_user(user)}, by key ${id}`;
}

export function address_of(actor: AuditActor): string | null {
  if (actor === null) return null;
  const { ip_address } = actor.type === "session" ? actor.session : actor.api_key;
  return ip_address ?? null;
}

export interface Change {
  field: string;
  // Null: there was nothing, as of what was made.
  before: string | null;
  after: string;
}

type Fields = Record<string, unknown>;

function fields_of(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : {};
}

function payload_of(entry: AuditEntry): Fields {
  return fields_of(entry[entry.type]);
}

export function target_of(entry: AuditEntry): string | null {
  const { id } = payload_of(entry);
  return typeof id === "string" ? id : null;
}

export function name_of_target(entry: AuditEntry): string | null {
  const payload = payload_of(entry);
  const name = fields_of(payload.data).name ?? payload.name;
  return typeof name === "string" && name !== "" ? name : null;
}

export function format_value(field: string, value: unknown): string {
  if (value === null || value === undefined || value === "") return "none";
  if (Array.isArray(value)) {
    return value.length === 0 ? "none" : value.map((each) => format_value("", each)).join(", ");
  }
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number" && Number.isSafeInteger(value)) {
    if (field.endsWith("_at")) return format_absolute(value * 1_000);
    if (field.endsWith("_nanousd")) return format_nanousd(value);
  }
  if (typeof value === "object") {
    return Object.entries(value)
      .map(([name, each]) => `${label_of(name)}: ${format_value(name, each)}`)
      .join("; ");
  }
  return String(value);
}

// "expires_at" is "expires at", and money is money without its unit.
export function label_of(field: string): string {
  return field.replace(/_nanousd$/, "").replaceAll("_", " ");
}

// A limit's amount says its unit in another field.
function is_money(field: string, { metric }: Fields): boolean {
  return field === "amount" && metric === "money";
}

// What was changed as before and after, as far as it became another; what was made, and other
// facts, as they are, without what the entry says anyway.
export function changes_of(entry: AuditEntry): Change[] {
  const { id: _id, data, changes_requested, before, ...facts } = payload_of(entry);
  const was = fields_of(before);
  const wanted = fields_of(changes_requested);
  const made = { ...fields_of(data), ...facts };
  const text_of = (field: string, value: unknown) =>
    format_value(is_money(field, { ...wanted, ...made }) ? "amount_nanousd" : field, value);

  const changed = Object.entries(wanted)
    .map(([field, value]) => ({
      field: label_of(field),
      before: field in was ? text_of(field, was[field]) : null,
      after: text_of(field, value),
    }))
    .filter((change) => change.before !== change.after);
  const told = new Set(["name", "project_id", ...Object.keys(wanted)]);
  const others = Object.entries(made)
    .filter(([field]) => !told.has(field))
    .map(([field, value]) => ({
      field: label_of(field),
      before: null,
      after: text_of(field, value),
    }))
    // Of a new thing, what it has says more than all that it has not.
    .filter(({ after }) => after !== "none");
  return [...changed, ...others];
}
