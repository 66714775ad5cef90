// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import type { CreditEntry } from "../../api/types";
import {
  correction_of,
  format_accounts,
  format_kind,
  grant_of,
  kNoCorrection,
  kNoGrant,
  problem_of_grant,
  problem_of_reason,
} from "./credit_form";

test("an amount of credit is dollars, and more than none", () => {
  for (const good of ["25", "12.50", " $0.000000001 "]) {
    expect(problem_of_grant(good), good).toBeNull();
  }
  for (const wrong of ["", "0", "0.00", "-5", "x", "1.0000000001"]) {
    expect(problem_of_grant(wrong), wrong).not.toBeNull();
  }
});

test("a grant is an organization's or a project's", () => {
  const fields = { ...kNoGrant, usd: "$25" };
  expect(grant_of("org_1", fields)).toEqual({ organization: "org_1", usd: "25" });
  const more = { ...fields, project: " proj_1 ", expires: "2027-12-31", reason: " why " };
  expect(grant_of("org_1", more)).toEqual({
    project: "proj_1",
    usd: "25",
    expires: "2027-12-31",
    reason: "why",
  });
});

test("a correction takes back, or adds, and says why", () => {
  expect(correction_of({ ...kNoCorrection, usd: "5", reason: " a slip " })).toEqual({
    usd: "-5",
    reason: "a slip",
  });
  expect(correction_of({ direction: "more", usd: "$5", reason: "more" }).usd).toBe("5");
  expect(problem_of_reason(" ")).not.toBeNull();
});

test("an entry says from where to where", () => {
  const entry = { kind: "drain", debit: "credit_1", credit: "usage" } as CreditEntry;
  expect(format_kind(entry)).toBe("paid for a call");
  expect(format_accounts(entry)).toBe("the grant → usage");
});
