// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import type { Departure } from "../../api/types";
import { losses_of } from "./departure";

const kNothing: Departure = {
  can_leave: true,
  obstacle: null,
  keys: [],
  service_accounts: [],
  projects: [],
  groups: [],
};

test("who has no keys is said to have none", () => {
  expect(losses_of(kNothing)).toEqual([{ what: "Their keys", names: "They have none in use." }]);
});

test("keys that stop come first, service accounts are said to stay", () => {
  const losses = losses_of({
    ...kNothing,
    keys: [
      { id: "key_1", name: "laptop", kind: "project", redacted_value: "sk-…abcd" },
      { id: "key_2", name: "desk", kind: "project", redacted_value: "sk-…efgh" },
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
