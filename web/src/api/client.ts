// SPDX-License-Identifier: Apache-2.0
// Every request the console makes, typed. Same origin only; the session travels in its cookie, and
// the CSRF token, which proves that a page of ours asks, in a header.

import { ApiError, api_error_from } from "./errors";
import type { KeyRestrictions } from "./keys";
import type {
  AddedProvider,
  ApiKey,
  BrowserSession,
  Call,
  CreatedKey,
  Invitation,
  KeyKind,
  Limit,
  List,
  Project,
  Provider,
  Routes,
  Session,
  SignUp,
  Usage,
} from "./types";

export interface RequestOptions {
  method?: "GET" | "POST" | "DELETE";
  body?: unknown;
  csrf_token?: string;
  signal?: AbortSignal;
}

async function json_or_null(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return null;
  }
}

async function send(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ApiError("Tollgate does not answer. Is the server running?", 0);
  }
}

// Of Tollgate's own endpoints.
export function request<Answer>(path: string, options: RequestOptions = {}): Promise<Answer> {
  return request_v1(`tollgate/${path}`, options);
}

export async function request_v1<Answer>(
  path: string,
  options: RequestOptions = {},
): Promise<Answer> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (options.body !== undefined) headers["Content-Type"] = "application/json";
  if (options.csrf_token !== undefined) headers["X-Tollgate-CSRF"] = options.csrf_token;

  const response = await send(`/v1/${path}`, {
    method: options.method ?? "GET",
    credentials: "same-origin",
    cache: "no-store",
    headers,
    body: options.body === undefined ? null : JSON.stringify(options.body),
    signal: options.signal ?? null,
  });
  const body = await json_or_null(response);
  if (!response.ok) throw api_error_from(response.status, body);
  if (body === null) {
    throw new ApiError("The answer is not JSON. Does a proxy stand in between?", response.status);
  }
  return body as Answer;
}

export interface NewOwner {
  token: string;
  email: string;
  name: string;
  password: string;
}

export function check_setup_token(token: string): Promise<{ valid: boolean }> {
  return request(`setup?token=${encodeURIComponent(token)}`);
}

export function create_owner(owner: NewOwner): Promise<Session> {
  return request("setup", { method: "POST", body: owner });
}

export function sign_in(email: string, password: string): Promise<Session> {
  return request("session", { method: "POST", body: { email, password } });
}

export function sign_out(csrf_token: string): Promise<{ deleted: boolean }> {
  return request("session", { method: "DELETE", csrf_token });
}

// Null: nobody is signed in, which is not an error.
export async function read_session(signal: AbortSignal): Promise<Session | null> {
  try {
    return await request<Session>("session", { signal });
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null;
    throw error;
  }
}

export function read_sign_up(signal: AbortSignal): Promise<SignUp> {
  return request("sign_up", { signal });
}

export function sign_up(email: string): Promise<unknown> {
  return request("sign_up", { method: "POST", body: { email } });
}

export function check_sign_up(token: string): Promise<{ email: string }> {
  return request("sign_up/check", { method: "POST", body: { token } });
}

export interface NewPerson {
  token: string;
  name: string;
  password: string;
}

export function finish_sign_up(person: NewPerson): Promise<Session> {
  return request("sign_up/finish", { method: "POST", body: person });
}

export function check_invitation(token: string): Promise<Invitation> {
  return request("invitation/check", { method: "POST", body: { token } });
}

export function accept_invitation(person: NewPerson): Promise<Session> {
  return request("invitation/accept", { method: "POST", body: person });
}

export function forgot_password(email: string): Promise<unknown> {
  return request("password/forgot", { method: "POST", body: { email } });
}

export function check_reset(token: string): Promise<{ email: string }> {
  return request("password/check", { method: "POST", body: { token } });
}

export function reset_password(token: string, password: string): Promise<unknown> {
  return request("password/reset", { method: "POST", body: { token, password } });
}

export function rename_person(name: string, csrf_token: string): Promise<unknown> {
  return request("profile", { method: "POST", body: { name }, csrf_token });
}

// The session goes on under another token: what is answered takes the old one's place.
export function change_password(
  current_password: string,
  new_password: string,
  csrf_token: string,
): Promise<Session> {
  const body = { current_password, new_password };
  return request("password", { method: "POST", body, csrf_token });
}

export function switch_organization(id: string, csrf_token: string): Promise<Session> {
  return request("session/organization", { method: "POST", body: { id }, csrf_token });
}

export function create_organization(name: string, csrf_token: string): Promise<{ id: string }> {
  return request("organizations", { method: "POST", body: { name }, csrf_token });
}

export function list_sessions(signal: AbortSignal): Promise<List<BrowserSession>> {
  return request("sessions", { signal });
}

export function end_session(id: string, csrf_token: string): Promise<unknown> {
  return request(`sessions/${encodeURIComponent(id)}`, { method: "DELETE", csrf_token });
}

export function end_other_sessions(csrf_token: string): Promise<unknown> {
  return request("sessions", { method: "DELETE", csrf_token });
}

export interface NewKey extends KeyRestrictions {
  name: string;
  note?: string;
  kind: KeyKind;
  project_id: Project["id"];
  limit?: LimitAmount & Pick<Limit, "per">;
}

export function list_keys(signal: AbortSignal): Promise<List<ApiKey>> {
  return request("keys", { signal });
}

export function create_key(key: NewKey, csrf_token: string): Promise<CreatedKey> {
  return request("keys", { method: "POST", body: key, csrf_token });
}

export function revoke_key(
  id: ApiKey["id"],
  csrf_token: string,
  reason: string = "",
): Promise<ApiKey> {
  const path = `keys/${encodeURIComponent(id)}/revoke`;
  const body = reason === "" ? {} : { reason };
  return request(path, { method: "POST", body, csrf_token });
}

export function list_key_limits(signal: AbortSignal): Promise<List<Limit>> {
  return request("limits?scope=key", { signal });
}

// How much: exactly one of them. `usd` is a decimal, as written ("12.50").
export type LimitAmount =
  { usd: string } | { tokens: number } | { requests: number } | { concurrency: number };

// A limit of the same metric, period, window and zone on the same key is changed, not added.
export type NewKeyLimit = LimitAmount &
  Pick<Limit, "per"> &
  Partial<Pick<Limit, "window" | "time_zone">> & { soft?: boolean; trust_upstream?: boolean };

export function set_key_limit(
  id: ApiKey["id"],
  limit: NewKeyLimit,
  csrf_token: string,
): Promise<Limit> {
  return request("limits", { method: "POST", body: { scope: "key", id, ...limit }, csrf_token });
}

export function remove_limit(id: Limit["id"], csrf_token: string): Promise<unknown> {
  return request(`limits/${encodeURIComponent(id)}`, { method: "DELETE", csrf_token });
}

// Both days count, in UTC.
export function read_usage(from: string, to: string, signal: AbortSignal): Promise<Usage> {
  return request(`usage?${new URLSearchParams({ from, to })}`, { signal });
}

export function list_recent_calls(signal: AbortSignal): Promise<List<Call>> {
  return request("calls?limit=50", { signal });
}

export interface NewProvider {
  name: string;
  kind: "openai-compatible";
  base_url: string;
  credential: string;
}

export function list_providers(signal: AbortSignal): Promise<List<Provider>> {
  return request("providers", { signal });
}

export function add_provider(provider: NewProvider, csrf_token: string): Promise<AddedProvider> {
  return request("providers", { method: "POST", body: provider, csrf_token });
}

export function read_routes(signal: AbortSignal): Promise<Routes> {
  return request("routes", { signal });
}

export function set_successor(
  retired: string,
  successor: string,
  csrf_token: string,
): Promise<unknown> {
  const body = { retired, successor };
  return request("routes/successors", { method: "POST", body, csrf_token });
}

export function set_default_model(
  endpoint: string,
  model: string,
  csrf_token: string,
): Promise<unknown> {
  const body = { endpoint, model };
  return request("routes/default_models", { method: "POST", body, csrf_token });
}
