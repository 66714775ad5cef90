// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import type { AuditEntry } from "../../api/organization_types";
import {
  address_of,
  changes_of,
  format_value,
  kEventGroups,
  name_of_actor,
  name_of_target,
  sentence_of,
  target_of,
  types_of,
} from "./audit_entry";

const kRenamed: AuditEntry = {
  id: "audit_log-org-1-17",
  type: "project.updated",
  effective_at: 1_795_000_000,
  actor: {
    type: "api_key",
    api_key: {
      id: "key_1",
      user: { id: "user-1", email: "ada@example.org" },
      ip_address: "192.0.2.7",
    },
  },
  "project.updated": {
    id: "proj_1",
    changes_requested: { name: "Artemis", models: [] },
    before: { name: "Apollo", models: ["gpt-5"] },
  },
};

test("a change is shown as before and after", () => {
  expect(target_of(kRenamed)).toBe("proj_1");
  expect(changes_of(kRenamed)).toEqual([
    { field: "name", before: "Apollo", after: "Artemis" },
    { field: "models", before: "gpt-5", after: "none" },
  ]);
});

test("of what was made, only what it has is shown", () => {
  const entry: AuditEntry = {
    ...kRenamed,
    type: "api_key.created",
    "api_key.created": {
      id: "key_2",
      data: { name: "laptop", kind: "test", scopes: [], expires_at: null },
    },
  };
  expect(name_of_target(entry)).toBe("laptop");
  expect(changes_of(entry)).toEqual([{ field: "kind", before: null, after: "test" }]);
});

test("a limit's change shows its money, and not what stayed", () => {
  const entry: AuditEntry = {
    ...kRenamed,
    type: "tollgate.limit.set",
    "tollgate.limit.set": {
      id: "key_2",
      data: { metric: "money", amount: 30_000_000_000, hard: true },
      changes_requested: { amount: 30_000_000_000, hard: true },
      before: { amount: 20_000_000_000, hard: true },
    },
  };
  expect(changes_of(entry)).toEqual([
    { field: "amount", before: "$20.00", after: "$30.00" },
    { field: "metric", before: null, after: "money" },
  ]);
});

test("an entry without its payload is shown all the same", () => {
  const entry: AuditEntry = { ...kRenamed, type: "login.failed" };
  expect(changes_of(entry)).toEqual([]);
  expect(target_of(entry)).toBeNull();
  expect(name_of_target(entry)).toBeNull();
});

test("the actor is a person, a key, the command line or the server", () => {
  expect(name_of_actor(kRenamed.actor)).toBe("ada@example.org, by key key_1");
  expect(name_of_actor({ type: "session", session: { user: { id: "uid:0" } } })).toBe(
    "The command line (uid:0)",
  );
  expect(name_of_actor({ type: "session", session: {} })).toBe("Somebody");
  expect(name_of_actor(null)).toBe("The server");
  expect(address_of(kRenamed.actor)).toBe("192.0.2.7");
  expect(address_of(null)).toBeNull();
});

test("values are read in their own unit", () => {
  expect(format_value("amount_nanousd", 20_000_000_000)).toBe("$20.00");
  expect(format_value("is_hard", false)).toBe("no");
  expect(format_value("reason", "")).toBe("none");
  expect(format_value("limit", { amount_nanousd: 1_000_000_000, per: "day" })).toBe(
    "amount: $1.00; per: day",
  );
});

test("an event without a sentence is said by its type", () => {
  expect(sentence_of("api_key.deleted")).toBe("revoked an API key");
  expect(sentence_of("tollgate.browser_session.deleted")).toBe("browser session deleted");
});

test("no event is filtered by two groups", () => {
  const types = kEventGroups.flatMap(({ value }) => types_of(value));
  expect(new Set(types).size).toBe(types.length);
  expect(types_of("")).toEqual([]);
});
