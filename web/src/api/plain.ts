// SPDX-License-Identifier: Apache-2.0
// Requests that no document of ours describes: OpenAI's Admin API, and how people get in.

import { change, kRequestDefaults, once, send, type Versioned, with_version } from "./http";

export interface RequestOptions {
  method?: "GET" | "POST" | "DELETE";
  body?: object;
  csrf_token?: string;
  // What the form that is sent was made from.
  before?: { readonly etag: string | null } | null;
  signal?: AbortSignal;
}

function request_of(path: string, options: RequestOptions): Request {
  const { method = "GET", body, csrf_token, before, signal } = options;
  const headers = {
    ...kRequestDefaults.headers,
    ...(body !== undefined && { "Content-Type": "application/json" }),
    ...(csrf_token !== undefined && change(csrf_token, before).headers),
  };
  return new Request(`/v1/${path}`, {
    ...kRequestDefaults,
    method,
    headers,
    body: body === undefined ? null : JSON.stringify(body),
    signal: signal ?? null,
  });
}

export async function request_v1<Answer>(
  path: string,
  options: RequestOptions = {},
): Promise<Answer> {
  return (await send(request_of(path, options))).json();
}

// One object, with the state that it is in.
export async function read_versioned<Answer extends object>(
  path: string,
  signal: AbortSignal,
): Promise<Versioned<Answer>> {
  const response = await send(request_of(path, { signal }));
  return with_version((await response.json()) as Answer, response);
}

// Makes something, once.
export async function create_v1<Answer>(
  path: string,
  body: object,
  csrf_token: string,
): Promise<Answer> {
  const request = await once(request_of(path, { method: "POST", body, csrf_token }));
  return (await send(request)).json();
}
