// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import type { Limit } from "../../api/types";
import { fields_of, parse_amount, problem_of, request_of } from "./limit_form";

const kRolling: Limit = {
  object: "tollgate.limit",
  id: "limit_1",
  scope: "key",
  target_id: "key_1",
  target_name: "laptop",
  metric: "money",
  per: "day",
  window: "rolling",
  time_zone: "UTC",
  model: null,
  amount: 1_500_000_000,
  hard: false,
  trusts_upstream: true,
  set_by_owner: false,
  spent: 0,
  held: 0,
  left: 1_500_000_000,
  resets_at: null,
};

test("amounts are taken in the metric's own form, or not at all", () => {
  expect(parse_amount("money", "12.5")).toEqual({ usd: "12.5" });
  expect(parse_amount("tokens", " 1000 ")).toEqual({ tokens: 1000 });
  expect(parse_amount("requests", "0")).toEqual({ requests: 0 });
  expect(parse_amount("concurrency", "8")).toEqual({ concurrency: 8 });
  for (const wrong of ["", "-1", "1.5", "1e3", "1,000", "many", "1234567890123456"]) {
    expect(parse_amount("tokens", wrong)).toBeNull();
    expect(problem_of({ metric: "tokens", amount: wrong, per: "day" })).toBe("A whole number.");
  }
});

test("calls at once have no period", () => {
  const fields = { metric: "concurrency", amount: "8", per: "month" } as const;
  expect(request_of(fields, null)).toEqual({ concurrency: 8, per: "total" });
});

test("a changed limit stays the same limit in all but its amount", () => {
  const fields = { ...fields_of(kRolling), amount: "2" };
  expect(fields_of(kRolling).amount).toBe("1.50");
  expect(request_of(fields, kRolling)).toEqual({
    usd: "2",
    per: "day",
    window: "rolling",
    time_zone: "UTC",
    soft: true,
    trust_upstream: true,
  });
});
