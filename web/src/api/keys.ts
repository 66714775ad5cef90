// SPDX-License-Identifier: Apache-2.0
// Keys and their limits.

import { answer_of, api, versioned } from "./client";
import { ApiError } from "./errors";
import { change, type Versioned } from "./http";
import type {
  ApiKey,
  ApiKeyDetail,
  CreatedKey,
  KeyChanges,
  LeakReport,
  Limit,
  NewKey,
  NewLimit,
  RotatedKey,
} from "./types";

// The only answers that hold a whole key. They must never enter a cache or storage.
export type WithSecret<Made> = Made & { value: string };

function with_secret<Made extends { value: string | null; advice?: string }>(
  made: Made,
): WithSecret<Made> {
  const { value } = made;
  // It was made by an earlier try, whose answer did not arrive.
  if (value === null) throw new ApiError(made.advice ?? "The secret is not shown again.", 409);
  return { ...made, value };
}

// Of 1,000 each: what a table in a browser can still show.
const kPagesMax = 10;

interface Page<Item> {
  data: Item[];
  last_id: string | null;
  has_more: boolean;
}

async function read_pages<Item>(
  read: (query: { after?: string }) => Promise<Page<Item>>,
): Promise<Item[]> {
  const items: Item[] = [];
  let after: string | null = null;
  for (let pages = 0; pages < kPagesMax; ++pages) {
    const page: Page<Item> = await read(after === null ? {} : { after });
    items.push(...page.data);
    after = page.has_more ? page.last_id : null;
    if (after === null) break;
  }
  return items;
}

// The newest first.
export function list_keys(signal: AbortSignal): Promise<ApiKey[]> {
  return read_pages((query) =>
    answer_of(api.GET("/tollgate/keys", { params: { query }, signal })),
  );
}

export async function create_key(key: NewKey, csrf_token: string): Promise<WithSecret<CreatedKey>> {
  const made = api.POST("/tollgate/keys", { body: key, ...change(csrf_token) });
  return with_secret(await answer_of(made));
}

function at(id: ApiKey["id"]) {
  return { params: { path: { key_id: id } } };
}

export function read_key(id: ApiKey["id"], signal: AbortSignal): Promise<Versioned<ApiKeyDetail>> {
  return versioned(api.GET("/tollgate/keys/{key_id}", { ...at(id), signal }));
}

export function update_key(
  before: Versioned<ApiKey>,
  changes: KeyChanges,
  csrf_token: string,
): Promise<ApiKey> {
  const request = { ...at(before.id), body: changes, ...change(csrf_token, before) };
  return answer_of(api.POST("/tollgate/keys/{key_id}", request));
}

export function pause_key(id: ApiKey["id"], csrf_token: string): Promise<ApiKey> {
  return answer_of(api.POST("/tollgate/keys/{key_id}/pause", { ...at(id), ...change(csrf_token) }));
}

export function resume_key(id: ApiKey["id"], csrf_token: string): Promise<ApiKey> {
  return answer_of(
    api.POST("/tollgate/keys/{key_id}/resume", { ...at(id), ...change(csrf_token) }),
  );
}

export async function rotate_key(
  id: ApiKey["id"],
  grace_seconds: number,
  csrf_token: string,
): Promise<WithSecret<RotatedKey>> {
  const request = { ...at(id), body: { grace_seconds }, ...change(csrf_token) };
  return with_secret(await answer_of(api.POST("/tollgate/keys/{key_id}/rotate", request)));
}

export function end_former_secret(
  id: ApiKey["id"],
  secret_id: string,
  csrf_token: string,
): Promise<ApiKey> {
  const request = { ...at(id), body: { secret_id }, ...change(csrf_token) };
  return answer_of(api.POST("/tollgate/keys/{key_id}/end_former_secret", request));
}

export function report_leaked(id: ApiKey["id"], csrf_token: string): Promise<LeakReport> {
  return answer_of(
    api.POST("/tollgate/keys/{key_id}/leaked", { ...at(id), ...change(csrf_token) }),
  );
}

export function revoke_key(
  id: ApiKey["id"],
  csrf_token: string,
  reason: string = "",
): Promise<ApiKey> {
  const body = reason === "" ? {} : { reason };
  return answer_of(
    api.POST("/tollgate/keys/{key_id}/revoke", { ...at(id), body, ...change(csrf_token) }),
  );
}

export function list_key_limits(signal: AbortSignal): Promise<Limit[]> {
  return read_pages((query) =>
    answer_of(
      api.GET("/tollgate/limits", { params: { query: { scope: "key", ...query } }, signal }),
    ),
  );
}

type WithoutTarget<Union> = Union extends unknown ? Omit<Union, "scope" | "id"> : never;

// A limit of the same metric, period, window and zone on the same key is changed, not added.
export type NewKeyLimit = WithoutTarget<NewLimit>;

export async function set_key_limit(
  id: ApiKey["id"],
  limit: NewKeyLimit,
  csrf_token: string,
): Promise<void> {
  const body = { scope: "key", id, ...limit } as NewLimit;
  await answer_of(api.POST("/tollgate/limits", { body, ...change(csrf_token) }));
}

export async function remove_limit(id: Limit["id"], csrf_token: string): Promise<void> {
  const params = { path: { limit_id: id } };
  await answer_of(api.DELETE("/tollgate/limits/{limit_id}", { params, ...change(csrf_token) }));
}
