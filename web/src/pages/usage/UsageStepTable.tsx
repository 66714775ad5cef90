// SPDX-License-Identifier: Apache-2.0
import { Paper, Table } from "@mantine/core";

import type { Usage } from "../../api/types";
import { format_count } from "../../format/count";
import { format_nanousd } from "../../format/money";
import { full_label } from "./usage_labels";

// All together, step by step: the newest first, and only those in which there was a call.
export function UsageStepTable({ report, title }: { report: Usage; title: string }) {
  const steps = report.starts
    .map((start, i) => ({ start, point: report.points[i] }))
    .filter(({ point }) => point)
    .reverse();
  return (
    <Paper withBorder>
      <Table.ScrollContainer minWidth={560}>
        <Table horizontalSpacing="md" aria-label={title} tabularNums>
          <Table.Thead>
            <Table.Tr>
              <Table.Th tt="capitalize">{report.step}</Table.Th>
              <Table.Th ta="right">Calls</Table.Th>
              <Table.Th ta="right">Errors</Table.Th>
              <Table.Th ta="right">Tokens</Table.Th>
              <Table.Th ta="right">Charge</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {steps.map(({ start, point }) => (
              <Table.Tr key={start}>
                <Table.Td fw={600}>{full_label(start, report.step)}</Table.Td>
                <Table.Td ta="right">{format_count(point?.calls ?? 0)}</Table.Td>
                <Table.Td ta="right">{format_count(point?.errors ?? 0)}</Table.Td>
                <Table.Td ta="right">{format_count(point?.tokens ?? 0)}</Table.Td>
                <Table.Td ta="right">{format_nanousd(point?.charge_nanousd ?? 0)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Paper>
  );
}
