// SPDX-License-Identifier: Apache-2.0
// What all requests of the console have in common. Same origin only; the session travels in its
// cookie, and the CSRF token, which proves that a page of ours asks, in a header.

import { ApiError, api_error_from } from "./errors";
import { Acts } from "./once";

export const kRequestDefaults = {
  credentials: "same-origin",
  cache: "no-store",
  headers: { Accept: "application/json" },
} as const;

const acts = new Acts();

async function fetch_or_say(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    if (request.signal.aborted) throw error;
    throw new ApiError("Tollgate does not answer. Is the server running?", 0);
  }
}

async function json_or_undefined(response: Response): Promise<unknown> {
  try {
    return await response.clone().json();
  } catch {
    return undefined;
  }
}

// Only a success that is JSON comes back; everything else is thrown, in words.
export async function send(request: Request): Promise<Response> {
  const response = await fetch_or_say(request);
  acts.on_answer(request.headers.get("Idempotency-Key"), response.status);
  const body = await json_or_undefined(response);
  if (!response.ok) throw api_error_from(response.status, body);
  if (body === undefined) {
    throw new ApiError("The answer is not JSON. Does a proxy stand in between?", response.status);
  }
  return response;
}

// A request that makes something, made to happen once: see once.ts.
export async function once(request: Request): Promise<Request> {
  const body = await request.text();
  const named = new Request(request, { body });
  const what = `${request.method} ${request.url} ${body}`;
  named.headers.set("Idempotency-Key", acts.key_of(what));
  return named;
}

// What was read, and its state at that moment, so that a change can be made to that state only.
export type Versioned<Answer> = Answer & { readonly etag: string | null };

export function with_version<Answer extends object>(
  answer: Answer,
  response: Response,
): Versioned<Answer> {
  return { ...answer, etag: response.headers.get("ETag") };
}

// Of a change, made from what `before` shows where a form does. Who was slower is told (412).
export function change(
  csrf_token: string,
  before?: { readonly etag: string | null } | null,
): { headers: Record<string, string> } {
  const etag = before?.etag ?? null;
  return { headers: { "X-Tollgate-CSRF": csrf_token, ...(etag !== null && { "If-Match": etag }) } };
}
