// SPDX-License-Identifier: Apache-2.0
// What is done with a key that exists: looked at, changed, paused, rotated, reported.

import { request } from "./client";
import type { ApiKey, ApiKeyDetail, LeakReport, RotatedKey } from "./types";

// What narrows a key. A list that is not sent stays as it is; an empty one takes its limit away.
export interface KeyRestrictions {
  preset?: "all" | "read_only";
  scopes?: string[];
  endpoints?: string[];
  models?: string[];
  addresses?: string[];
  // 0: never. Both say when; one of them.
  expires_at?: number;
  expires_in_seconds?: number;
}

export interface KeyChanges extends KeyRestrictions {
  name?: string;
  note?: string;
}

function path_of(id: ApiKey["id"], act = ""): string {
  return `keys/${encodeURIComponent(id)}${act}`;
}

export function read_key(id: ApiKey["id"], signal: AbortSignal): Promise<ApiKeyDetail> {
  return request(path_of(id), { signal });
}

export function update_key(
  id: ApiKey["id"],
  changes: KeyChanges,
  csrf_token: string,
): Promise<ApiKey> {
  return request(path_of(id), { method: "POST", body: changes, csrf_token });
}

export function pause_key(id: ApiKey["id"], csrf_token: string): Promise<ApiKey> {
  return request(path_of(id, "/pause"), { method: "POST", body: {}, csrf_token });
}

export function resume_key(id: ApiKey["id"], csrf_token: string): Promise<ApiKey> {
  return request(path_of(id, "/resume"), { method: "POST", body: {}, csrf_token });
}

export function rotate_key(
  id: ApiKey["id"],
  grace_seconds: number,
  csrf_token: string,
): Promise<RotatedKey> {
  return request(path_of(id, "/rotate"), { method: "POST", body: { grace_seconds }, csrf_token });
}

export function end_former_secret(
  id: ApiKey["id"],
  secret_id: string,
  csrf_token: string,
): Promise<ApiKey> {
  const body = { secret_id };
  return request(path_of(id, "/end_former_secret"), { method: "POST", body, csrf_token });
}

export function report_leaked(id: ApiKey["id"], csrf_token: string): Promise<LeakReport> {
  return request(path_of(id, "/leaked"), { method: "POST", body: {}, csrf_token });
}
