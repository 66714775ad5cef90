// SPDX-License-Identifier: Apache-2.0
import { Paper, Text } from "@mantine/core";

interface TotalCardProps {
  label: string;
  value: string;
  change?: string | undefined;
  notes?: (string | false)[];
}

// One sum, with what there is to say of it in small.
export function TotalCard({ label, value, change, notes = [] }: TotalCardProps) {
  return (
    <Paper withBorder p="md" role="group" aria-label={label}>
      <Text size="xs" c="dimmed" fw={600}>
        {label}
      </Text>
      <Text fz={{ base: "md", xl: "xl" }} fw={700} style={{ overflowWrap: "anywhere" }}>
        {value}
      </Text>
      {change !== undefined && <Text size="xs">{change}</Text>}
      <Text size="xs" c="dimmed">
        {notes.filter((note) => note !== false).join(" · ")}
      </Text>
    </Paper>
  );
}
