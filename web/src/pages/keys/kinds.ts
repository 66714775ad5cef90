// SPDX-License-Identifier: Apache-2.0
import type { KeyKind } from "../../api/types";

export const kKindLabels: Record<KeyKind, string> = {
  project: "Project key",
  "service-account": "Service account",
  admin: "Admin key",
  test: "Test key",
};

// Admin keys open the Admin API only, so the page for calling models does not offer them.
export const kCreatableKinds = [
  {
    kind: "project",
    explanation: "Yours, in one project. Calls go to this instance's providers and are charged.",
  },
  {
    kind: "service-account",
    explanation: "For a program rather than a person: it stays when its maker leaves.",
  },
  {
    kind: "test",
    explanation:
      "Reaches only the built-in sandbox, whatever model it names. Costs nothing, and shows what " +
      "each call would have cost.",
  },
] as const satisfies readonly { kind: KeyKind; explanation: string }[];

export type CreatableKind = (typeof kCreatableKinds)[number]["kind"];
