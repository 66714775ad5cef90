// SPDX-License-Identifier: Apache-2.0
import { Badge, Group, Text } from "@mantine/core";

import type { UsageCounts } from "../../api/types";
import { format_count } from "../../format/count";

// What makes a sum less certain than it looks. One line for each.
const kMarks: { count: keyof UsageCounts; label: string; meaning: string }[] = [
  { count: "estimated", label: "estimated", meaning: "no provider said what was used" },
  { count: "unpriced", label: "unpriced", meaning: "something in them has no price" },
  { count: "mismatched", label: "mismatched", meaning: "another model answered than was asked" },
  { count: "interrupted", label: "interrupted", meaning: "their end was not seen" },
];

// Always in sight, also while there is none.
export function UsageMarks({ totals }: { totals: UsageCounts }) {
  return (
    <Group gap="md" role="group" aria-label="Marked calls">
      {kMarks.map(({ count, label, meaning }) => (
        <Group key={count} gap={6} wrap="nowrap">
          <Badge
            variant="light"
            tt="none"
            miw="max-content"
            color={totals[count] > 0 ? "orange" : "gray"}
          >
            {format_count(totals[count])} {label}
          </Badge>
          <Text size="xs" c="dimmed">
            {meaning}
          </Text>
        </Group>
      ))}
    </Group>
  );
}
