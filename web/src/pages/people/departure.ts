// SPDX-License-Identifier: Apache-2.0
import type { Departure } from "../../api/types";

export interface Loss {
  what: string;
  names: string;
}

// What happens when somebody leaves, in the order of what matters most to who stays.
export function losses_of({ keys, service_accounts, projects, groups }: Departure): Loss[] {
  const losses: Loss[] = [];
  const add = (what: string, names: string[]) => {
    if (names.length > 0) losses.push({ what, names: names.join(", ") });
  };
  add(
    "Their keys stop at once",
    keys.map(({ name, redacted_value }) => `${name} (${redacted_value})`),
  );
  add(
    "Their service accounts stay and get a new owner",
    service_accounts.map(({ name }) => name),
  );
  add(
    "They leave these projects",
    projects.map(({ name, role }) => `${name} (${role})`),
  );
  add(
    "They leave these groups",
    groups.map(({ name }) => name),
  );
  if (keys.length === 0) losses.unshift({ what: "Their keys", names: "They have none in use." });
  return losses;
}
