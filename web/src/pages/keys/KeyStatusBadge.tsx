// SPDX-License-Identifier: Apache-2.0
import { Badge } from "@mantine/core";

import type { KeyStatus } from "../../api/types";

const kBadges: Record<KeyStatus, { label: string; color: string }> = {
  active: { label: "Active", color: "teal" },
  paused: { label: "Paused", color: "yellow" },
  expired: { label: "Expired", color: "orange" },
  revoked: { label: "Revoked", color: "red" },
};

export function KeyStatusBadge({ status }: { status: KeyStatus }) {
  const { label, color } = kBadges[status];
  return (
    <Badge variant="light" miw="max-content" color={color}>
      {label}
    </Badge>
  );
}
