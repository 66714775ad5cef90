// SPDX-License-Identifier: Apache-2.0
import { afterEach, expect, test, vi } from "vitest";

import {
  create_key,
  read_session,
  remove_limit,
  request,
  revoke_key,
  set_key_limit,
  sign_in,
} from "./client";
import { ApiError, api_error_from, message_of } from "./errors";

function answer_with(status: number, body: string) {
  const answer = async (_path: string, _init: RequestInit) => new Response(body, { status });
  const fetched = vi.fn(answer);
  vi.stubGlobal("fetch", fetched);
  return fetched;
}

async function error_of(promise: Promise<unknown>): Promise<ApiError> {
  const error: unknown = await promise.then(() => null).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ApiError);
  return error as ApiError;
}

function sent(fetched: ReturnType<typeof answer_with>) {
  const [path, init] = fetched.mock.calls[0] ?? [];
  return { path, init, headers: new Headers(init?.headers) };
}

afterEach(() => vi.unstubAllGlobals());

test("an error in OpenAI's form keeps all its fields", async () => {
  const told = { message: "Slow down.", type: "tokens", param: "model", code: "rate_limited" };
  answer_with(429, JSON.stringify({ error: told }));
  expect(await error_of(request("keys"))).toMatchObject({ status: 429, ...told });
});

test("an error page of a proxy still says the status", async () => {
  answer_with(502, "<html>Bad Gateway</html>");
  expect((await error_of(request("keys"))).message).toBe("Tollgate answered with status 502.");
});

test("strange error bodies never throw anything else", () => {
  const bodies = [
    null, 7, "x", [], {}, { error: null }, { error: "no" }, { error: { message: 1 } },
  ];
  for (const body of bodies) {
    const error = api_error_from(500, body);
    expect(error.message).toBe("Tollgate answered with status 500.");
    expect(error.code).toBeNull();
  }
});

test("a 2xx that is not JSON is an error, not an empty page", async () => {
  answer_with(200, "<html>Welcome to the hotel's network</html>");
  expect((await error_of(request("keys"))).message).toContain("not JSON");
});

test("no answer at all is said in words", async () => {
  vi.stubGlobal("fetch", async () => {
    throw new TypeError("Failed to fetch");
  });
  const error = await error_of(request("keys"));
  expect(error.status).toBe(0);
  expect(error.message).toContain("does not answer");
});

test("nobody signed in is not an error; anything else is", async () => {
  const { signal } = new AbortController();
  answer_with(401, '{"error":{"message":"Sign in.","type":"x","param":null,"code":null}}');
  expect(await read_session(signal)).toBeNull();
  answer_with(503, "{}");
  expect((await error_of(read_session(signal))).status).toBe(503);
});

test("changes carry the CSRF token, sign-in has none yet", async () => {
  const revoked = answer_with(200, "{}");
  await revoke_key("key_a/b", "csrf-1");
  expect(sent(revoked).path).toBe("/v1/tollgate/keys/key_a%2Fb/revoke");
  expect(sent(revoked).headers.get("X-Tollgate-CSRF")).toBe("csrf-1");

  const signed_in = answer_with(200, "{}");
  await sign_in("a@example.org", "correct horse");
  expect(sent(signed_in).headers.has("X-Tollgate-CSRF")).toBe(false);
});

test("a created key is asked for without any cache", async () => {
  const created = answer_with(200, "{}");
  await create_key({ name: "n", kind: "test", project_id: "proj_1" }, "csrf-1");
  expect(sent(created).init).toMatchObject({ method: "POST", cache: "no-store" });
  expect(sent(created).init?.body).toBe('{"name":"n","kind":"test","project_id":"proj_1"}');
});

test("a key's limit says what, how much and for how long", async () => {
  const set = answer_with(200, "{}");
  await set_key_limit("key_1", { tokens: 5, per: "day" }, "csrf-1");
  expect(sent(set)).toMatchObject({ path: "/v1/tollgate/limits", init: { method: "POST" } });
  expect(sent(set).init?.body).toBe('{"scope":"key","id":"key_1","tokens":5,"per":"day"}');

  const removed = answer_with(200, "{}");
  await remove_limit("limit_a/b", "csrf-1");
  expect(sent(removed)).toMatchObject({
    path: "/v1/tollgate/limits/limit_a%2Fb",
    init: { method: "DELETE", body: null },
  });
  expect(sent(removed).headers.get("X-Tollgate-CSRF")).toBe("csrf-1");
});

test("message_of has words for anything thrown", () => {
  expect(message_of(new ApiError("Told.", 400))).toBe("Told.");
  expect(message_of("text")).toBe("Something went wrong.");
});
