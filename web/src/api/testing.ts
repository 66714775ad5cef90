// SPDX-License-Identifier: Apache-2.0
// For tests: a server that answers as it is told, and what it was asked.

import { vi } from "vitest";

// Beside a page, addresses are relative to the page's own.
class PageRequest extends Request {
  constructor(input: RequestInfo | URL, init?: RequestInit) {
    super(typeof input === "string" ? new URL(input, "http://tollgate.test") : input, init);
  }
}
globalThis.Request = PageRequest;

export interface Asked {
  method: string;
  path: string;
  headers: Headers;
  cache: RequestCache;
  body: string;
}

export function answer_with(status: number, body: unknown, headers: HeadersInit = {}) {
  const asked: Asked[] = [];
  const text = typeof body === "string" ? body : JSON.stringify(body);
  vi.stubGlobal("fetch", async (request: Request) => {
    const { pathname, search } = new URL(request.url);
    asked.push({
      method: request.method,
      path: pathname + search,
      headers: request.headers,
      cache: request.cache,
      body: await request.clone().text(),
    });
    return new Response(text, { status, headers });
  });
  return asked;
}

export function answer_nothing(): void {
  vi.stubGlobal("fetch", async () => {
    throw new TypeError("Failed to fetch");
  });
}
