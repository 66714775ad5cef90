// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import type { ApiKey, Session } from "../api/types";
import { may_administer, may_manage_key, may_operate } from "./permissions";

function session_of(role: string): Session {
  return {
    user: { id: "user-1" },
    organization: { id: "org-1", name: "Analytical Engines", role },
  } as unknown as Session;
}

const kOwn = { owner_id: "user-1" } as ApiKey;
const kForeign = { owner_id: "user-2" } as ApiKey;

test("owners administer, readers do not", () => {
  expect(may_administer(session_of("owner"))).toBe(true);
  expect(may_administer(session_of("reader"))).toBe(false);
});

test("one's own keys are one's own to manage, all keys are an owner's", () => {
  expect(may_manage_key(session_of("reader"), kOwn)).toBe(true);
  expect(may_manage_key(session_of("reader"), kForeign)).toBe(false);
  expect(may_manage_key(session_of("owner"), kForeign)).toBe(true);
});

test("only an operator is offered the instance's pages", () => {
  const session = session_of("owner");
  const as = (is_operator: boolean) => ({ ...session, user: { ...session.user, is_operator } });
  expect(may_operate(as(true))).toBe(true);
  expect(may_operate(as(false))).toBe(false);
});
