// SPDX-License-Identifier: Apache-2.0
import type { SignUpMode, SignUpPolicy, SignUpPolicyChanges } from "../../api/types";

export interface SignUpFormValues {
  mode: SignUpMode;
  organization_id: string | null;
  domains: string[];
}

export const kSignUpModes: { mode: SignUpMode; label: string; description: string }[] = [
  {
    mode: "closed",
    label: "Closed",
    description: "New people come by an operator's invitation only.",
  },
  {
    mode: "invitation",
    label: "By invitation",
    description: "Any organization may invite new people.",
  },
  {
    mode: "domain",
    label: "Certain addresses",
    description: "Whoever has an address of these domains signs up, into one organization.",
  },
  {
    mode: "open",
    label: "Open",
    description: "Everybody signs up, each into an organization of their own.",
  },
];

export function values_of(policy: SignUpPolicy): SignUpFormValues {
  const { mode, organization_id, domains } = policy;
  return { mode, organization_id, domains };
}

// Organization and domains go with one mode only.
export function policy_of(values: SignUpFormValues): SignUpPolicyChanges {
  const { mode, organization_id, domains } = values;
  return mode === "domain" ? { mode, organization_id, domains } : { mode };
}

export function domains_problem({ mode, domains }: SignUpFormValues): string | null {
  return mode === "domain" && domains.length === 0 ? "At least one, such as example.org." : null;
}

export function organization_problem({ mode, organization_id }: SignUpFormValues): string | null {
  return mode === "domain" && organization_id === null ? "Where these people come into." : null;
}
