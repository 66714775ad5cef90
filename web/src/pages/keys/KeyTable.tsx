// SPDX-License-Identifier: Apache-2.0
import { ActionIcon, Badge, Code, Menu, Paper, Table, Text } from "@mantine/core";

import type { ApiKey, Limit } from "../../api/types";
import { format_reset, format_rule, format_used } from "../../format/limits";
import { format_nanousd } from "../../format/money";
import { TimeAgo } from "../../parts/TimeAgo";
import { kKindLabels } from "./kinds";

interface KeyTableProps {
  keys: ApiKey[];
  limits: Limit[];
  on_limit: (key: ApiKey) => void;
  on_revoke: (key: ApiKey) => void;
}

export function KeyTable({ keys, limits, on_limit, on_revoke }: KeyTableProps) {
  return (
    <Paper withBorder>
      <Table.ScrollContainer minWidth={1080}>
        <Table verticalSpacing="sm" horizontalSpacing="sm">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Name</Table.Th>
              <Table.Th>Key</Table.Th>
              <Table.Th>Project</Table.Th>
              <Table.Th>Kind</Table.Th>
              <Table.Th>Created</Table.Th>
              <Table.Th>Last used</Table.Th>
              <Table.Th ta="right">Spent</Table.Th>
              <Table.Th>Limits</Table.Th>
              <Table.Th>State</Table.Th>
              <Table.Th aria-label="Actions" />
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {keys.map((key) => (
              <KeyRow
                key={key.id}
                api_key={key}
                limits={limits.filter(({ target_id }) => target_id === key.id)}
                on_limit={() => on_limit(key)}
                on_revoke={() => on_revoke(key)}
              />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Paper>
  );
}

interface KeyRowProps {
  api_key: ApiKey;
  limits: Limit[];
  on_limit: () => void;
  on_revoke: () => void;
}

function KeyRow({ api_key, limits, on_limit, on_revoke }: KeyRowProps) {
  const is_revoked = api_key.revoked_at !== null;
  return (
    <Table.Tr data-key-id={api_key.id} {...(is_revoked ? { c: "dimmed" } : {})}>
      <Table.Td>
        <Text size="sm" fw={600} maw={150} truncate title={api_key.name}>
          {api_key.name}
        </Text>
        <Text size="xs" c="dimmed" maw={150} truncate>
          {api_key.owner_name}
        </Text>
      </Table.Td>
      <Table.Td>
        <Code style={{ whiteSpace: "nowrap" }}>{api_key.redacted_value}</Code>
      </Table.Td>
      <Table.Td>
        <Text inherit maw={120} truncate title={api_key.project_name ?? ""}>
          {api_key.project_name ?? "–"}
        </Text>
      </Table.Td>
      <Table.Td style={{ whiteSpace: "nowrap" }}>{kKindLabels[api_key.kind]}</Table.Td>
      <Table.Td>
        <TimeAgo at_unix_s={api_key.created_at} />
      </Table.Td>
      <Table.Td>
        {api_key.last_used_at === null ? "Never" : <TimeAgo at_unix_s={api_key.last_used_at} />}
      </Table.Td>
      <Table.Td ta="right">
        <Spent api_key={api_key} />
      </Table.Td>
      <Table.Td>
        {limits.map((limit) => (
          <LimitUsed key={limit.id} limit={limit} />
        ))}
      </Table.Td>
      <Table.Td>
        <Badge variant="light" miw="max-content" color={is_revoked ? "red" : "teal"}>
          {is_revoked ? "Revoked" : "Active"}
        </Badge>
      </Table.Td>
      <Table.Td ta="right">
        {!is_revoked && (
          <KeyActions name={api_key.name} on_limit={on_limit} on_revoke={on_revoke} />
        )}
      </Table.Td>
    </Table.Tr>
  );
}

function Spent({ api_key }: { api_key: ApiKey }) {
  const { spent_nanousd, held_nanousd } = api_key;
  return (
    <div style={{ whiteSpace: "nowrap" }}>
      {format_nanousd(spent_nanousd)}
      {held_nanousd > 0 && (
        <Text size="xs" c="dimmed" title="Reserved by calls that are running now">
          {format_nanousd(held_nanousd)} held
        </Text>
      )}
    </div>
  );
}

function LimitUsed({ limit }: { limit: Limit }) {
  const reset = format_reset(limit, Date.now());
  return (
    <Text
      size="xs"
      style={{ whiteSpace: "nowrap" }}
      title={format_rule(limit)}
      {...(limit.left === 0 ? { c: "red" } : {})}
    >
      {format_used(limit)}
      {reset !== null && `, ${reset}`}
    </Text>
  );
}

interface KeyActionsProps {
  name: string;
  on_limit: () => void;
  on_revoke: () => void;
}

function KeyActions({ name, on_limit, on_revoke }: KeyActionsProps) {
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${name}`}>
          ⋯
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={on_limit}>Limits…</Menu.Item>
        <Menu.Item onClick={on_revoke} color="red">
          Revoke…
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
