// SPDX-License-Identifier: Apache-2.0
import { expect, test, vi } from "vitest";

import { take_setup_token } from "./setup_token";

function take_from(address: string) {
  const url = new URL(address, "http://127.0.0.1:8080");
  const replaceState = vi.fn();
  const history = { replaceState } as unknown as History;
  const token = take_setup_token(url as unknown as Location, history);
  return { token, replaceState };
}

test("the token leaves the address at once", () => {
  const { token, replaceState } = take_from("/setup?token=abc%2B1");
  expect(token).toBe("abc+1");
  expect(replaceState).toHaveBeenCalledExactlyOnceWith(null, "", "/setup");
});

test("no other page takes a token", () => {
  expect(take_from("/keys?token=abc")).toMatchObject({ token: null });
});

test("no token, or an empty one, is none", () => {
  expect(take_from("/setup").token).toBeNull();
  expect(take_from("/setup?token=").token).toBeNull();
});
