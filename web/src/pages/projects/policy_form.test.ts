// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import type { KeyPolicy } from "../../api/types";
import { describe as describe_policy, fields_of, kProblems, request_of } from "./policy_form";

const kNone: KeyPolicy = {
  object: "tollgate.project.key_policy",
  keys_per_member_max: null,
  lifetime_seconds_max: null,
  member_kinds: [],
  default_limit: null,
};

const kStrict: KeyPolicy = {
  object: "tollgate.project.key_policy",
  keys_per_member_max: 3,
  lifetime_seconds_max: 2_592_000,
  member_kinds: ["project", "test"],
  default_limit: { usd: "20.00", per: "month" },
};

test("empty fields take every rule away", () => {
  expect(request_of(fields_of(kNone))).toEqual({
    keys_per_member_max: null,
    lifetime_seconds_max: null,
    member_kinds: [],
    default_limit: null,
  });
});

test("a policy that is not touched is sent as it was", () => {
  const { object: _, ...rules } = kStrict;
  expect(request_of(fields_of(kStrict))).toEqual(rules);
  const half_a_day = { ...kStrict, lifetime_seconds_max: 43_200 };
  expect(request_of(fields_of(half_a_day))).toEqual({ ...rules, lifetime_seconds_max: 43_200 });
});

test("rules that cannot be meant are said before they are sent", () => {
  for (const wrong of ["-1", "1.5", "many", "10001"]) {
    expect(kProblems.keys_max(wrong)).not.toBeNull();
  }
  for (const right of ["", "1", "10000"]) expect(kProblems.keys_max(right)).toBeNull();
  expect(kProblems.days_max("366")).not.toBeNull();
  expect(kProblems.days_max("365")).toBeNull();
  expect(kProblems.kinds([])).not.toBeNull();
  expect(kProblems.limit_usd("a lot")).not.toBeNull();
});

test("a policy is read as sentences", () => {
  expect(describe_policy(kNone)).toEqual([]);
  expect(describe_policy(kStrict)).toEqual([
    "Each member may have 3 keys.",
    "A key lives 30 days at most.",
    "Members make: project keys, test keys.",
    "Each new key may spend $20.00 per month.",
  ]);
});
