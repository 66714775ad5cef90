// SPDX-License-Identifier: Apache-2.0
// Projects and people, through OpenAI's Admin API, and through Tollgate's own where it has no such
// operation.

import { answer_of, api, versioned } from "./client";
import { ApiError } from "./errors";
import { change, type Versioned } from "./http";
import type {
  AuditEntry,
  CreatedServiceAccount,
  Invite,
  ModelPermissions,
  OrganizationProject,
  Page,
  PeopleGroup,
  Person,
  Role,
  ServiceAccount,
  ServiceAccountKey,
  SpendLimit,
} from "./organization_types";
import { create_v1, read_versioned, request_v1 } from "./plain";
import type {
  CreatedInvite,
  Departure,
  KeyPolicy,
  KeyPolicyChanges,
  NewInvite,
  OrganizationRole,
  ProjectRole,
} from "./types";

const kPageItems = 100;
// Of what a page of the console shows; beyond, the command line is the better place.
const kPagesMax = 50;

type Changes = Record<string, unknown>;

function path_of(...parts: string[]): string {
  return ["organization", ...parts.map(encodeURIComponent)].join("/");
}

// What a form was made from.
type Before = Versioned<object> | null;

function post(path: string, body: Changes, csrf_token: string, before?: Before): Promise<unknown> {
  return request_v1(path, { method: "POST", body, csrf_token, before: before ?? null });
}

function remove(path: string, csrf_token: string, before?: Before): Promise<unknown> {
  return request_v1(path, { method: "DELETE", csrf_token, before: before ?? null });
}

async function read_all<Item>(
  path: string,
  signal: AbortSignal,
  query: Record<string, string> = {},
): Promise<Item[]> {
  const items: Item[] = [];
  let after: string | null = null;
  for (let page = 0; page < kPagesMax; ++page) {
    const parameters = new URLSearchParams({ ...query, limit: `${kPageItems}` });
    if (after !== null) parameters.set("after", after);
    const answer: Page<Item> = await request_v1(`${path}?${parameters}`, { signal });
    items.push(...answer.data);
    after = answer.next ?? answer.last_id ?? null;
    if (!answer.has_more || after === null) break;
  }
  return items;
}

export function list_projects(signal: AbortSignal): Promise<OrganizationProject[]> {
  return read_all(path_of("projects"), signal, { include_archived: "true" });
}

export function create_project(name: string, csrf_token: string): Promise<OrganizationProject> {
  return create_v1(path_of("projects"), { name }, csrf_token);
}

export function read_project(
  id: string,
  signal: AbortSignal,
): Promise<Versioned<OrganizationProject>> {
  return read_versioned(path_of("projects", id), signal);
}

export function rename_project(
  before: Versioned<OrganizationProject>,
  name: string,
  csrf_token: string,
): Promise<unknown> {
  return post(path_of("projects", before.id), { name }, csrf_token, before);
}

export function archive_project(id: string, csrf_token: string): Promise<unknown> {
  return post(path_of("projects", id, "archive"), {}, csrf_token);
}

export function list_service_accounts(
  project_id: string,
  signal: AbortSignal,
): Promise<ServiceAccount[]> {
  return read_all(path_of("projects", project_id, "service_accounts"), signal);
}

export function create_service_account(
  project_id: string,
  name: string,
  csrf_token: string,
): Promise<CreatedServiceAccount> {
  return create_v1(path_of("projects", project_id, "service_accounts"), { name }, csrf_token);
}

export function create_service_account_key(
  project_id: string,
  account_id: string,
  name: string,
  csrf_token: string,
): Promise<ServiceAccountKey> {
  const path = path_of("projects", project_id, "service_accounts", account_id, "api_keys");
  return create_v1(path, { name }, csrf_token);
}

export function delete_service_account(
  project_id: string,
  account_id: string,
  csrf_token: string,
): Promise<unknown> {
  return remove(path_of("projects", project_id, "service_accounts", account_id), csrf_token);
}

export function read_model_permissions(
  project_id: string,
  signal: AbortSignal,
): Promise<Versioned<ModelPermissions>> {
  return read_versioned(path_of("projects", project_id, "model_permissions"), signal);
}

export function set_model_permissions(
  project_id: string,
  { mode, model_ids }: ModelPermissions,
  before: Versioned<ModelPermissions>,
  csrf_token: string,
): Promise<unknown> {
  const path = path_of("projects", project_id, "model_permissions");
  return post(path, { mode, model_ids }, csrf_token, before);
}

// Null: none is set, which is answered with 404.
export async function read_spend_limit(
  project_id: string,
  signal: AbortSignal,
): Promise<Versioned<SpendLimit> | null> {
  try {
    const path = path_of("projects", project_id, "spend_limit");
    return await read_versioned<SpendLimit>(path, signal);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

export function set_spend_limit(
  project_id: string,
  cents: number,
  before: Versioned<SpendLimit> | null,
  csrf_token: string,
): Promise<unknown> {
  const body = { threshold_amount: cents, currency: "USD", interval: "month" };
  return post(path_of("projects", project_id, "spend_limit"), body, csrf_token, before);
}

export function remove_spend_limit(
  project_id: string,
  before: Versioned<SpendLimit> | null,
  csrf_token: string,
): Promise<unknown> {
  return remove(path_of("projects", project_id, "spend_limit"), csrf_token, before);
}

export function read_key_policy(
  project_id: string,
  signal: AbortSignal,
): Promise<Versioned<KeyPolicy>> {
  const params = { path: { project_id } };
  return versioned(api.GET("/tollgate/projects/{project_id}/key_policy", { params, signal }));
}

export function set_key_policy(
  project_id: string,
  changes: KeyPolicyChanges,
  before: Versioned<KeyPolicy>,
  csrf_token: string,
): Promise<KeyPolicy> {
  const params = { path: { project_id } };
  const request = { params, body: changes, ...change(csrf_token, before) };
  return answer_of(api.POST("/tollgate/projects/{project_id}/key_policy", request));
}

export function list_project_people(project_id: string, signal: AbortSignal): Promise<Person[]> {
  return read_all(path_of("projects", project_id, "users"), signal);
}

export function add_project_person(
  project_id: string,
  user_id: string,
  role: ProjectRole,
  csrf_token: string,
): Promise<unknown> {
  return post(path_of("projects", project_id, "users"), { user_id, role }, csrf_token);
}

export function set_project_role(
  project_id: string,
  user_id: string,
  role: ProjectRole,
  csrf_token: string,
): Promise<unknown> {
  return post(path_of("projects", project_id, "users", user_id), { role }, csrf_token);
}

export function remove_project_person(
  project_id: string,
  user_id: string,
  csrf_token: string,
): Promise<unknown> {
  return remove(path_of("projects", project_id, "users", user_id), csrf_token);
}

export function list_people(signal: AbortSignal): Promise<Person[]> {
  return read_all(path_of("users"), signal);
}

export function set_role(
  user_id: string,
  role: OrganizationRole,
  csrf_token: string,
): Promise<unknown> {
  return post(path_of("users", user_id), { role }, csrf_token);
}

export function read_departure(user_id: string, signal: AbortSignal): Promise<Departure> {
  const params = { path: { user_id } };
  return answer_of(api.GET("/tollgate/users/{user_id}/departure", { params, signal }));
}

export function remove_person(user_id: string, csrf_token: string): Promise<unknown> {
  return remove(path_of("users", user_id), csrf_token);
}

export function list_invites(signal: AbortSignal): Promise<Invite[]> {
  return read_all(path_of("invites"), signal);
}

export async function create_invite(
  invite: NewInvite,
  csrf_token: string,
): Promise<CreatedInvite> {
  const request = { body: invite, ...change(csrf_token) };
  const made = await answer_of(api.POST("/tollgate/invites", request));
  // It was made by an earlier try, whose answer with the link did not arrive.
  if (made.advice !== undefined) throw new ApiError(made.advice, 409);
  return made;
}

export function delete_invite(id: string, csrf_token: string): Promise<unknown> {
  return remove(path_of("invites", id), csrf_token);
}

export function list_groups(signal: AbortSignal): Promise<PeopleGroup[]> {
  return read_all(path_of("groups"), signal);
}

export function list_roles(signal: AbortSignal): Promise<Role[]> {
  return read_all(path_of("roles"), signal);
}

export interface AuditFilter {
  event_types: string[];
  // Exactly as it stands in the log; empty: anyone's.
  actor_email: string;
}

export function read_audit_log(
  filter: AuditFilter,
  after: string | null,
  signal: AbortSignal,
): Promise<Page<AuditEntry>> {
  const query = new URLSearchParams({ limit: "50" });
  for (const type of filter.event_types) query.append("event_types[]", type);
  if (filter.actor_email !== "") query.append("actor_emails[]", filter.actor_email);
  if (after !== null) query.set("after", after);
  return request_v1(`${path_of("audit_logs")}?${query}`, { signal });
}
