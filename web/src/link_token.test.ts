// SPDX-License-Identifier: Apache-2.0
import { expect, test, vi } from "vitest";

import { take_link_token } from "./link_token";

function take_from(address: string) {
  const url = new URL(address, "http://127.0.0.1:8080");
  const replaceState = vi.fn();
  const history = { replaceState } as unknown as History;
  const token = take_link_token(url as unknown as Location, history);
  return { token, replaceState };
}

test("the token leaves the address at once", () => {
  const { token, replaceState } = take_from("/setup?token=abc%2B1");
  expect(token).toBe("abc+1");
  expect(replaceState).toHaveBeenCalledExactlyOnceWith(null, "", "/setup");
});

test("links in mails have it behind the number sign, and nowhere else", () => {
  for (const page of ["/verify-email", "/accept-invitation", "/reset-password"]) {
    const { token, replaceState } = take_from(`${page}#token=abc1`);
    expect(token).toBe("abc1");
    expect(replaceState).toHaveBeenCalledExactlyOnceWith(null, "", page);
    expect(take_from(`${page}?token=abc1`).token).toBeNull();
  }
});

test("no other page takes a token", () => {
  expect(take_from("/keys?token=abc")).toMatchObject({ token: null });
});

test("no token, or an empty one, is none", () => {
  expect(take_from("/setup").token).toBeNull();
  expect(take_from("/setup?token=").token).toBeNull();
});
