// SPDX-License-Identifier: Apache-2.0
import { Group, Paper, SegmentedControl, Stack, Table, Text, Title } from "@mantine/core";
import { useState } from "react";

import type { UsageRow } from "../../api/types";
import { format_count } from "../../format/count";
import { format_nanousd } from "../../format/money";
import { type UsageGroup, type UsageGrouping, group_usage } from "./usage_groups";

const kGroupings: { value: UsageGrouping; label: string }[] = [
  { value: "key", label: "Key" },
  { value: "model", label: "Model" },
  { value: "day", label: "Day" },
];

const kColumns: { title: string; cell: (group: UsageGroup) => string }[] = [
  { title: "Calls", cell: ({ counts }) => format_count(counts.calls) },
  { title: "Input tokens", cell: ({ counts }) => format_count(counts.input_tokens) },
  { title: "Cached", cell: ({ counts }) => format_count(counts.cached_tokens) },
  { title: "Output tokens", cell: ({ counts }) => format_count(counts.output_tokens) },
  { title: "Images", cell: ({ counts }) => format_count(counts.images) },
  { title: "Seconds", cell: ({ counts }) => format_count(counts.seconds) },
  { title: "Charge", cell: ({ counts }) => format_nanousd(counts.charge_nanousd) },
  {
    title: "Would have cost",
    cell: ({ counts }) => format_nanousd(counts.would_have_cost_nanousd),
  },
];

export function UsageTable({ rows }: { rows: UsageRow[] }) {
  const [grouping, set_grouping] = useState<UsageGrouping>("key");
  const groups = group_usage(rows, grouping);
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <Title order={2} size="h4">
          By {grouping}
        </Title>
        <SegmentedControl
          size="xs"
          data={kGroupings}
          value={grouping}
          onChange={set_grouping}
          aria-label="Group by"
        />
      </Group>
      <Paper withBorder>
        {groups.length > 0 ? (
          <GroupTable groups={groups} grouping={grouping} />
        ) : (
          <Text c="dimmed" size="sm" p="md">
            No calls in this time.
          </Text>
        )}
      </Paper>
    </Stack>
  );
}

function GroupTable({ groups, grouping }: { groups: UsageGroup[]; grouping: UsageGrouping }) {
  return (
    <Table.ScrollContainer minWidth={880}>
      <Table horizontalSpacing="md" aria-label={`Usage by ${grouping}`} tabularNums>
        <Table.Thead>
          <Table.Tr>
            <Table.Th tt="capitalize">{grouping}</Table.Th>
            {kColumns.map(({ title }) => (
              <Table.Th key={title} ta="right">
                {title}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {groups.map((group) => (
            <Table.Tr key={group.id}>
              <Table.Td fw={600}>{group.label}</Table.Td>
              {kColumns.map(({ title, cell }) => (
                <Table.Td key={title} ta="right">
                  {cell(group)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
