// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import {
  changes_of,
  end_of_day_unix_s,
  kNoRestrictions,
  kProblems,
  type KeyFields,
  type NewKeyFields,
  problem_of_limit,
  request_of,
} from "./key_form";

const kNew: NewKeyFields = {
  ...kNoRestrictions,
  name: " laptop ",
  note: "",
  kind: "project",
  project_id: "proj_1",
  is_limited: true,
  limit_usd: "20",
};

const kKept: KeyFields = {
  ...kNoRestrictions,
  name: "laptop",
  note: "of Ada",
  permissions: "restricted",
  abilities: ["audio", "models"],
  models: ["gpt-5*"],
};

test("a new key sends only what restricts it", () => {
  const sent = { name: "laptop", kind: "project", project_id: "proj_1" };
  expect(request_of(kNew)).toEqual({ ...sent, limit: { usd: "20", per: "month" } });
  expect(request_of({ ...kNew, is_limited: false })).toEqual(sent);
  expect(request_of({ ...kNew, lifetime: "30", addresses: ["192.0.2.0/24"] })).toMatchObject({
    expires_in_seconds: 2_592_000,
    addresses: ["192.0.2.0/24"],
  });
});

test("a test key has no limit of money, whatever stands in the field", () => {
  const fields: NewKeyFields = { ...kNew, kind: "test", limit_usd: "a lot" };
  expect(problem_of_limit(fields)).toBeNull();
  expect(request_of(fields).limit).toBeUndefined();
  expect(problem_of_limit({ ...kNew, limit_usd: "a lot" })).not.toBeNull();
});

test("a change sends only what was changed", () => {
  expect(changes_of(kKept, { ...kKept, abilities: ["models", "audio"] })).toEqual({});
  expect(changes_of(kKept, { ...kKept, name: "desk", models: [] })).toEqual({
    name: "desk",
    models: [],
  });
  expect(changes_of(kKept, { ...kKept, permissions: "all" })).toEqual({ preset: "all" });
});

test("an expiry ends with its day, and can be taken away", () => {
  const dated: KeyFields = { ...kKept, lifetime: "date", last_day: "2030-01-31" };
  const end = end_of_day_unix_s("2030-01-31");
  expect(end).toBe(new Date(2030, 0, 31, 23, 59, 59).getTime() / 1_000);
  expect(changes_of(kKept, dated)).toEqual({ expires_at: end });
  expect(changes_of(dated, { ...dated, lifetime: "never" })).toEqual({ expires_at: null });
});

test("what cannot be meant is said before it is sent", () => {
  expect(kProblems.name("  ")).not.toBeNull();
  expect(kProblems.last_day("", { ...kNew, lifetime: "date" })).not.toBeNull();
  expect(kProblems.last_day("2020-01-01", { ...kNew, lifetime: "date" })).toBe("This day is over.");
  expect(kProblems.last_day("", kNew)).toBeNull();
  expect(kProblems.abilities([], { ...kNew, permissions: "restricted" })).not.toBeNull();
  expect(kProblems.abilities([], kNew)).toBeNull();
});
