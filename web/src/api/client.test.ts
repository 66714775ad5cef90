// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, expect, test, vi } from "vitest";

// First: what it puts in place of Request is what the client is made with.
import { answer_nothing, answer_with, type Asked } from "./testing";

import { read_session, sign_in } from "./entry";
import { ApiError, api_error_from, message_of } from "./errors";
import {
  create_key,
  list_keys,
  pause_key,
  read_key,
  remove_limit,
  revoke_key,
  rotate_key,
  set_key_limit,
  update_key,
} from "./keys";
import { create_invite, create_project, read_spend_limit, set_spend_limit } from "./organization";
import type { NewKey } from "./types";

const { signal } = new AbortController();
const kNewKey: NewKey = { name: "n", kind: "test", project_id: "proj_1" };

async function error_of(promise: Promise<unknown>): Promise<ApiError> {
  const error: unknown = await promise.then(() => null).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ApiError);
  return error as ApiError;
}

function idempotency_keys(asked: Asked[]): (string | null)[] {
  return asked.map(({ headers }) => headers.get("Idempotency-Key"));
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  // No test's acts are another's.
  vi.runAllTimers();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("an error in OpenAI's form keeps all its fields", async () => {
  const told = { message: "Slow down.", type: "tokens", param: "model", code: "rate_limited" };
  answer_with(429, { error: told });
  expect(await error_of(list_keys(signal))).toMatchObject({ status: 429, ...told });
});

test("an error page of a proxy still says the status", async () => {
  answer_with(502, "<html>Bad Gateway</html>");
  expect((await error_of(list_keys(signal))).message).toBe("Tollgate answered with status 502.");
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
  expect((await error_of(list_keys(signal))).message).toContain("not JSON");
  answer_with(200, "");
  expect((await error_of(list_keys(signal))).message).toContain("not JSON");
});

test("no answer at all is said in words", async () => {
  answer_nothing();
  const error = await error_of(list_keys(signal));
  expect(error.status).toBe(0);
  expect(error.message).toContain("does not answer");
});

test("nobody signed in is not an error; anything else is", async () => {
  answer_with(401, { error: { message: "Sign in.", type: "x", param: null, code: null } });
  expect(await read_session(signal)).toBeNull();
  answer_with(503, {});
  expect((await error_of(read_session(signal))).status).toBe(503);
});

test("changes carry the CSRF token, sign-in has none yet", async () => {
  const revoked = answer_with(200, {});
  await revoke_key("key_a/b", "csrf-1");
  expect(revoked[0]?.path).toBe("/v1/tollgate/keys/key_a%2Fb/revoke");
  expect(revoked[0]?.headers.get("X-Tollgate-CSRF")).toBe("csrf-1");

  const signed_in = answer_with(200, {});
  await sign_in("a@example.org", "correct horse");
  expect(signed_in[0]?.headers.has("X-Tollgate-CSRF")).toBe(false);
});

test("a created key is asked for without any cache", async () => {
  const created = answer_with(201, { value: "sk-tg-x" });
  expect((await create_key(kNewKey, "csrf-1")).value).toBe("sk-tg-x");
  expect(created[0]).toMatchObject({ method: "POST", cache: "no-store" });
  expect(created[0]?.body).toBe('{"name":"n","kind":"test","project_id":"proj_1"}');
});

test("a key's limit says what, how much and for how long", async () => {
  const set = answer_with(200, {});
  await set_key_limit("key_1", { tokens: 5, per: "day" }, "csrf-1");
  expect(set[0]).toMatchObject({ path: "/v1/tollgate/limits", method: "POST" });
  expect(set[0]?.body).toBe('{"scope":"key","id":"key_1","tokens":5,"per":"day"}');

  const removed = answer_with(200, {});
  await remove_limit("limit_a/b", "csrf-1");
  const path = "/v1/tollgate/limits/limit_a%2Fb";
  expect(removed[0]).toMatchObject({ path, method: "DELETE", body: "" });
  expect(removed[0]?.headers.get("X-Tollgate-CSRF")).toBe("csrf-1");
});

test("a double click makes one, a second key of the same kind later is another", async () => {
  const created = answer_with(201, { value: "sk-tg-x" });
  await Promise.all([create_key(kNewKey, "csrf-1"), create_key(kNewKey, "csrf-1")]);
  vi.advanceTimersByTime(500);
  await create_key(kNewKey, "csrf-1");
  await create_key({ ...kNewKey, name: "m" }, "csrf-1");
  vi.advanceTimersByTime(1_000);
  await create_key(kNewKey, "csrf-1");
  const [first, second, third, other, later] = idempotency_keys(created);
  expect(first).toMatch(/^[0-9a-f]{32}$/);
  expect([second, third]).toEqual([first, first]);
  expect(new Set([first, other, later]).size).toBe(3);
});

test("a retry makes one, whether nothing answered or a proxy did", async () => {
  answer_nothing();
  await error_of(create_key(kNewKey, "csrf-1"));
  vi.advanceTimersByTime(300_000);
  const cut_off = answer_with(504, "<html>Gateway Timeout</html>");
  await error_of(create_key(kNewKey, "csrf-1"));
  vi.advanceTimersByTime(60_000);
  const created = answer_with(201, { value: "sk-tg-x" });
  await create_key(kNewKey, "csrf-1");
  expect(idempotency_keys(created)).toEqual(idempotency_keys(cut_off));
});

test("what is refused with a conflict is asked with a new key", async () => {
  const refused = answer_with(409, {});
  await error_of(create_key(kNewKey, "csrf-1"));
  vi.advanceTimersByTime(0);
  await error_of(create_key(kNewKey, "csrf-1"));
  expect(new Set(idempotency_keys(refused)).size).toBe(2);
});

test("all that makes something happens once, and nothing else says so", async () => {
  const made = answer_with(201, { value: "sk-tg-x", id: "x" });
  await create_invite({ email: "a@example.org", role: "reader" }, "csrf-1");
  await create_project("Apollo", "csrf-1");
  await rotate_key("key_1", 0, "csrf-1");
  expect(idempotency_keys(made)).not.toContain(null);
  const changed = answer_with(200, {});
  await pause_key("key_1", "csrf-1");
  await revoke_key("key_1", "csrf-1");
  expect(idempotency_keys(changed)).toEqual([null, null]);
});

test("a secret that came too late to be shown is said to be lost, with what to do", async () => {
  answer_with(201, { value: null, advice: "Rotate the key." });
  expect((await error_of(create_key(kNewKey, "csrf-1"))).message).toBe("Rotate the key.");
  answer_with(201, { link: null, advice: "Invite again." });
  const invite = create_invite({ email: "a@example.org", role: "reader" }, "csrf-1");
  expect((await error_of(invite)).message).toBe("Invite again.");
});

test("a change is made to what was read, and to nothing else", async () => {
  answer_with(200, { id: "key_1" }, { ETag: '"abc"' });
  const before = await read_key("key_1", signal);
  const changed = answer_with(200, {});
  await update_key(before, { name: "n" }, "csrf-1");
  expect(changed[0]).toMatchObject({ path: "/v1/tollgate/keys/key_1", body: '{"name":"n"}' });
  expect(changed[0]?.headers.get("If-Match")).toBe('"abc"');

  answer_with(200, { threshold_amount: 5 }, { ETag: '"def"' });
  const limit = await read_spend_limit("proj_1", signal);
  const set = answer_with(200, {});
  await set_spend_limit("proj_1", 700, limit, "csrf-1");
  await set_spend_limit("proj_1", 700, null, "csrf-1");
  expect(set.map(({ headers }) => headers.get("If-Match"))).toEqual(['"def"', null]);
});

test("who was slower is told in words", async () => {
  answer_with(412, { error: { message: "Read it again.", type: "x", param: null, code: "y" } });
  const error = await error_of(update_key({ id: "key_1", etag: '"a"' } as never, {}, "csrf-1"));
  expect(error.message).toContain("Somebody else has changed this");
});

test("message_of has words for anything thrown", () => {
  expect(message_of(new ApiError("Told.", 400))).toBe("Told.");
  expect(message_of("text")).toBe("Something went wrong.");
});
