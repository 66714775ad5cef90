// SPDX-License-Identifier: Apache-2.0
import { Anchor, Code, Paper, Table, Text } from "@mantine/core";

import type { ApiKey, Limit } from "../../api/types";
import { format_reset, format_rule, format_used } from "../../format/limits";
import { format_nanousd } from "../../format/money";
import { TimeAgo } from "../../parts/TimeAgo";
import { may_manage_key } from "../../shell/permissions";
import { useSession } from "../../shell/session";
import { KeyActions } from "./KeyActions";
import type { KeyAct } from "./KeyDialogs";
import { KeyStatusBadge } from "./KeyStatusBadge";
import { kKindLabels } from "./kinds";

interface KeyTableProps {
  keys: ApiKey[];
  limits: Limit[];
  on_open: (key: ApiKey) => void;
  on_act: (key: ApiKey, act: KeyAct) => void;
}

export function KeyTable({ keys, limits, on_open, on_act }: KeyTableProps) {
  return (
    <Paper withBorder>
      <Table.ScrollContainer minWidth={920}>
        <Table verticalSpacing="sm" horizontalSpacing="sm">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Name</Table.Th>
              <Table.Th>Status</Table.Th>
              <Table.Th>Key</Table.Th>
              <Table.Th>Project</Table.Th>
              <Table.Th>Last used</Table.Th>
              <Table.Th ta="right">Spent</Table.Th>
              <Table.Th>Limits</Table.Th>
              <Table.Th aria-label="Actions" />
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {keys.map((key) => (
              <KeyRow
                key={key.id}
                api_key={key}
                limits={limits.filter(({ target_id }) => target_id === key.id)}
                on_open={() => on_open(key)}
                on_act={(act) => on_act(key, act)}
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
  on_open: () => void;
  on_act: (act: KeyAct) => void;
}

function KeyRow({ api_key, limits, on_open, on_act }: KeyRowProps) {
  const session = useSession();
  const is_revoked = api_key.revoked_at !== null;
  return (
    <Table.Tr data-key-id={api_key.id} {...(is_revoked ? { c: "dimmed" } : {})}>
      <Table.Td>
        <Anchor
          component="button"
          type="button"
          size="sm"
          fw={600}
          maw={150}
          ta="left"
          truncate
          title={api_key.name}
          onClick={on_open}
        >
          {api_key.name}
        </Anchor>
        <Text size="xs" c="dimmed" maw={150} truncate>
          {api_key.owner_name}
        </Text>
      </Table.Td>
      <Table.Td>
        <KeyStatusBadge status={api_key.status} />
      </Table.Td>
      <Table.Td>
        <Code style={{ whiteSpace: "nowrap" }}>{api_key.redacted_value}</Code>
      </Table.Td>
      <Table.Td>
        <Text size="sm" c="inherit" maw={140} truncate title={api_key.project_name ?? ""}>
          {api_key.project_name ?? "–"}
        </Text>
        <Text size="xs" c="dimmed" style={{ whiteSpace: "nowrap" }}>
          {kKindLabels[api_key.kind]}
        </Text>
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
      <Table.Td ta="right">
        {!is_revoked && may_manage_key(session, api_key) && (
          <KeyActions api_key={api_key} on_act={on_act} />
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
