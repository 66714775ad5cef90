// SPDX-License-Identifier: Apache-2.0
import type { OrganizationRole } from "../../api/types";

export const kRoles: { value: OrganizationRole; label: string }[] = [
  { value: "reader", label: "Reader" },
  { value: "owner", label: "Owner" },
];

export const kRoleExplanations: Record<OrganizationRole, string> = {
  reader: "Makes keys of their own in their projects and sees their own usage.",
  owner: "Manages projects, people, keys and limits, and reads the audit log.",
};
