// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import { domains_problem, organization_problem, policy_of, values_of } from "./sign_up_form";

test("organization and domains are sent with their own mode only", () => {
  const values = { organization_id: "org-1", domains: ["example.org"] };
  expect(policy_of({ mode: "domain", ...values })).toEqual({ mode: "domain", ...values });
  expect(policy_of({ mode: "open", ...values })).toEqual({ mode: "open" });
});

test("a mode of certain addresses needs both", () => {
  const empty = { mode: "domain", organization_id: null, domains: [] } as const;
  expect(domains_problem({ ...empty, domains: [] })).not.toBeNull();
  expect(organization_problem({ ...empty, domains: [] })).not.toBeNull();
  const closed = { mode: "closed", organization_id: null, domains: [] } as const;
  expect(domains_problem({ ...closed, domains: [] })).toBeNull();
  expect(organization_problem({ ...closed, domains: [] })).toBeNull();
});

test("what is read is what the form begins with", () => {
  const policy = {
    object: "tollgate.sign_up_policy" as const,
    mode: "closed" as const,
    organization_id: null,
    domains: [],
  };
  expect(policy_of(values_of(policy))).toEqual({ mode: "closed" });
});
