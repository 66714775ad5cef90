// SPDX-License-Identifier: Apache-2.0
import { Anchor, Badge, Code, Group, Paper, Stack, Table, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";

import type { Call } from "../../api/types";
import { format_count } from "../../format/count";
import { format_nanousd } from "../../format/money";
import { format_absolute, format_duration_ms, format_moment } from "../../format/time";
import { FindCall } from "./FindCall";

// Where a call's usage is not what the provider reported, the row says so.
const kOwnCounts = new Set(["counted", "estimated"]);

interface RecentCallsProps {
  calls: Call[];
  // Whose clocks are shown.
  time_zone: string;
}

export function RecentCalls({ calls, time_zone }: RecentCallsProps) {
  return (
    <Stack gap="xs" id="calls" style={{ scrollMarginTop: 72 }}>
      <Group justify="space-between" align="flex-end" gap="sm">
        <div>
          <Title order={2} size="h4">
            Recent calls
          </Title>
          <Text size="sm" c="dimmed">
            A call's time leads to its sum, term by term.
          </Text>
        </div>
        <FindCall />
      </Group>
      <Paper withBorder>
        {calls.length > 0 ? (
          <CallTable calls={calls} time_zone={time_zone} />
        ) : (
          <Text c="dimmed" size="sm" p="md">
            No call in this view yet. It will appear here by itself.
          </Text>
        )}
      </Paper>
    </Stack>
  );
}

function CallTable({ calls, time_zone }: RecentCallsProps) {
  return (
    <Table.ScrollContainer minWidth={880}>
      <Table horizontalSpacing="md" aria-label="Recent calls" tabularNums>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Time</Table.Th>
            <Table.Th>Key</Table.Th>
            <Table.Th>Model</Table.Th>
            <Table.Th>Endpoint</Table.Th>
            <Table.Th>Outcome</Table.Th>
            <Table.Th ta="right">In / out</Table.Th>
            <Table.Th ta="right">Charge</Table.Th>
            <Table.Th ta="right">Took</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {calls.map((call) => (
            <CallRow key={call.id} call={call} time_zone={time_zone} />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function CallRow({ call, time_zone }: { call: Call; time_zone: string }) {
  const moment = format_moment(call.at_unix_ms, time_zone);
  return (
    <Table.Tr data-call-id={call.id}>
      <Table.Td title={`${format_absolute(call.at_unix_ms)} here`} style={{ whiteSpace: "nowrap" }}>
        <Anchor
          inherit
          aria-label={`${moment}, call ${call.id}`}
          renderRoot={(props) => (
            <Link to="/usage/calls/$call_id" params={{ call_id: call.id }} {...props} />
          )}
        >
          {moment}
        </Anchor>
      </Table.Td>
      <Table.Td fw={600}>{call.key_name}</Table.Td>
      <Table.Td>
        <ModelOfCall call={call} />
      </Table.Td>
      <Table.Td>
        <Code>{call.endpoint}</Code>
      </Table.Td>
      <Table.Td>
        <Badge variant="light" miw="max-content" color={color_of(call.http_status)}>
          {call.http_status}
        </Badge>
        <Note text={call.outcome.replaceAll("_", " ")} />
      </Table.Td>
      <Table.Td ta="right" style={{ whiteSpace: "nowrap" }}>
        {format_count(call.input_tokens)} / {format_count(call.output_tokens)}
        {kOwnCounts.has(call.usage_source) && <Note text={call.usage_source} />}
      </Table.Td>
      <Table.Td ta="right" style={{ whiteSpace: "nowrap" }}>
        {format_nanousd(call.charge_nanousd)}
        {call.would_have_cost_nanousd > 0 && (
          <Note text={`would have cost ${format_nanousd(call.would_have_cost_nanousd)}`} />
        )}
      </Table.Td>
      <Table.Td ta="right" style={{ whiteSpace: "nowrap" }}>
        {format_duration_ms(call.duration_ms)}
      </Table.Td>
    </Table.Tr>
  );
}

// What was asked for, and what answered where a successor or the sandbox took its place.
function ModelOfCall({ call }: { call: Call }) {
  const was_replaced = call.served_model !== "" && call.served_model !== call.model;
  return (
    <>
      {call.model}
      {was_replaced && <Note text={`served by ${call.served_model}`} />}
    </>
  );
}

function Note({ text }: { text: string }) {
  return (
    <Text size="xs" c="dimmed">
      {text}
    </Text>
  );
}

function color_of(http_status: number): string {
  if (http_status >= 500) return "red";
  return http_status >= 400 ? "orange" : "teal";
}
