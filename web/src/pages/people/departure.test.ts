// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import type { Departure } from "../../api/types";
import { losses_of } from "./departure";

const kNothing: Departure = {
  object: "tollgate.user.departure",
  id: "user-1",
  can_leave: true,
  obstacle: null,
  keys: [],
  service_accounts: [],
  projects: [],
  groups: [],
};

const kKey = { kind: "project", project_id: "proj_1" } as const;

test("who has no keys is said to have none", () => {
  expect(losses_of(kNothing)).toEqual([{ what: "Their keys", names: "They have none in use." }]);
});

test("keys that stop come first, service accounts are said to stay", () => {
  const losses = losses_of({
    ...kNothing,
    keys: [
      { ...kKey, id: "key_1", name: "laptop", redacted_value: "sk-…abcd" },
      { ...kKey, id: "key_2", name: "desk", redacted_value: "sk-…efgh" },
    ],
    service_accounts: [{ id: "svc_1", name: "nightly", project_id: "proj_1" }],
    groups: [{ id: "group_1", name: "Compilers" }],
  });
  expect(losses).toEqual([
    { what: "Their keys stop at once", names: "laptop (sk-…abcd), desk (sk-…efgh)" },
    { what: "Their service accounts stay and get a new owner", names: "nightly" },
    { what: "They leave these groups", names: "Compilers" },
  ]);
});
