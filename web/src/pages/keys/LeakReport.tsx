// SPDX-License-Identifier: Apache-2.0
import { Alert, Badge, Code, Group, Stack, Table, Text, Title } from "@mantine/core";

import type { LeakReport as Report } from "../../api/types";
import { format_count } from "../../format/count";
import { format_nanousd } from "../../format/money";
import { format_absolute } from "../../format/time";
import { Facts } from "../../parts/Facts";
import { TimeAgo } from "../../parts/TimeAgo";

function time_of(at_unix_s: number | null): string {
  return at_unix_s === null ? "None" : format_absolute(at_unix_s * 1_000);
}

// What a leaked key did, and what is left to do.
export function LeakReport({ report }: { report: Report }) {
  const { since_then, networks, revoked_child_keys } = report;
  return (
    <Stack>
      <Alert color="teal" title="Its next call is refused">
        Create another key for the program that used this one. Look below for calls and networks
        that are not yours.
      </Alert>
      <Facts
        facts={[
          { label: "Calls since", value: time_of(report.since) },
          { label: "Calls", value: format_count(since_then.calls) },
          { label: "Cost", value: format_nanousd(since_then.charge_nanousd) },
          { label: "Child keys revoked", value: format_count(revoked_child_keys.length) },
          { label: "First call", value: time_of(since_then.first_call_at) },
          { label: "Last call", value: time_of(since_then.last_call_at) },
        ]}
      />
      {since_then.models.length > 0 && <Models models={since_then.models} />}
      <div>
        <Title order={3} size="h5">
          Networks
        </Title>
        {networks.length === 0 && (
          <Text size="sm" c="dimmed">
            No network used it in this time.
          </Text>
        )}
        {networks.map(({ network, last_seen_at, is_new }) => (
          <Group key={network} gap="xs" mt={4}>
            <Code>{network}</Code>
            {is_new && (
              <Badge color="orange" variant="light">
                New since then
              </Badge>
            )}
            <Text size="sm" c="dimmed">
              last <TimeAgo at_unix_s={last_seen_at} />
            </Text>
          </Group>
        ))}
      </div>
    </Stack>
  );
}

function Models({ models }: { models: Report["since_then"]["models"] }) {
  return (
    <Table aria-label="Calls by model" tabularNums>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Model</Table.Th>
          <Table.Th ta="right">Calls</Table.Th>
          <Table.Th ta="right">Cost</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {models.map(({ model, calls, charge_nanousd }) => (
          <Table.Tr key={model}>
            <Table.Td>{model}</Table.Td>
            <Table.Td ta="right">{format_count(calls)}</Table.Td>
            <Table.Td ta="right">{format_nanousd(charge_nanousd)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
