// SPDX-License-Identifier: Apache-2.0
import { Center, Code, Drawer, Group, Loader, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { key_query } from "../../api/queries";
import type { ApiKey, ApiKeyDetail, Limit } from "../../api/types";
import { format_rule, format_used } from "../../format/limits";
import { format_nanousd } from "../../format/money";
import { Problem } from "../../parts/Problem";
import { TimeAgo } from "../../parts/TimeAgo";
import { may_manage_key } from "../../shell/permissions";
import { useSession } from "../../shell/session";
import { KeyActions } from "./KeyActions";
import type { KeyAct } from "./KeyDialogs";
import { KeyFacts } from "./KeyFacts";
import { KeySecrets } from "./KeySecrets";
import { KeyStatusBadge } from "./KeyStatusBadge";

interface KeyDrawerProps {
  api_key: ApiKey;
  limits: Limit[];
  on_act: (act: KeyAct) => void;
  on_close: () => void;
}

// Everything about one key. Of somebody else's key, what the list says of it.
export function KeyDrawer({ api_key, limits, on_act, on_close }: KeyDrawerProps) {
  const is_manager = may_manage_key(useSession(), api_key);
  const whole = useQuery({ ...key_query(api_key.id), enabled: is_manager });
  return (
    <Drawer
      opened
      onClose={on_close}
      position="right"
      size="lg"
      title={api_key.name}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <Stack gap="lg">
        <Group justify="space-between">
          <Group gap="xs">
            <KeyStatusBadge status={api_key.status} />
            <Code>{api_key.redacted_value}</Code>
          </Group>
          {is_manager && api_key.revoked_at === null && (
            <KeyActions api_key={api_key} on_act={on_act} />
          )}
        </Group>
        {api_key.note !== "" && (
          <Text size="sm" style={{ whiteSpace: "pre-wrap" }}>
            {api_key.note}
          </Text>
        )}
        <KeyFacts api_key={api_key} />
        <Limits limits={limits} />
        <Problem error={whole.error} />
        {is_manager && whole.isPending && <Center children={<Loader size="sm" />} />}
        {whole.data && <Whole api_key={whole.data} />}
      </Stack>
    </Drawer>
  );
}

function Limits({ limits }: { limits: Limit[] }) {
  return (
    <Part title="Limits">
      {limits.length === 0 && (
        <Nothing>It may spend what its project and organization may.</Nothing>
      )}
      {limits.map((limit) => (
        <Text key={limit.id} size="sm">
          {format_rule(limit)}: {format_used(limit)}
        </Text>
      ))}
    </Part>
  );
}

function Whole({ api_key }: { api_key: ApiKeyDetail }) {
  const { networks, child_keys } = api_key;
  return (
    <>
      <Part title="Secrets">
        <KeySecrets api_key={api_key} />
      </Part>
      <Part title="Networks">
        {networks.length === 0 && <Nothing>None yet.</Nothing>}
        {networks.map(({ network, first_seen_at, last_seen_at }) => (
          <Text key={network} size="sm">
            <Code>{network}</Code> first <TimeAgo at_unix_s={first_seen_at} />, last{" "}
            <TimeAgo at_unix_s={last_seen_at} />
          </Text>
        ))}
      </Part>
      <Part title="Child keys">
        {child_keys.length === 0 && <Nothing>This key has made none.</Nothing>}
        {child_keys.map((child) => (
          <Group key={child.id} gap="xs">
            <KeyStatusBadge status={child.status} />
            <Text size="sm" fw={600}>
              {child.name}
            </Text>
            <Code>{child.redacted_value}</Code>
            <Text size="sm">{format_nanousd(child.spent_nanousd)}</Text>
          </Group>
        ))}
      </Part>
    </>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Stack gap={6} component="section" aria-label={title}>
      <Title order={3} size="h5">
        {title}
      </Title>
      {children}
    </Stack>
  );
}

function Nothing({ children }: { children: ReactNode }) {
  return (
    <Text size="sm" c="dimmed">
      {children}
    </Text>
  );
}
