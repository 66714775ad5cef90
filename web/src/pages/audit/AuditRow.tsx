// SPDX-License-Identifier: Apache-2.0
import { Code, Group, Paper, Stack, Text } from "@mantine/core";

import type { AuditEntry } from "../../api/organization_types";
import { TimeAgo } from "../../parts/TimeAgo";
import {
  address_of,
  changes_of,
  name_of_actor,
  name_of_target,
  sentence_of,
  target_of,
} from "./audit_entry";

// One entry: a sentence, then what was changed.
export function AuditRow({ entry }: { entry: AuditEntry }) {
  const changes = changes_of(entry);
  const facts = changes.filter(({ before }) => before === null);
  return (
    <Paper withBorder p="sm" role="listitem" data-audit-type={entry.type}>
      <Stack gap={6}>
        <Group justify="space-between" align="flex-start" gap={4}>
          <Text size="sm" style={{ overflowWrap: "anywhere" }}>
            <strong>{name_of_actor(entry.actor)}</strong> {sentence_of(entry.type)}
            <Target entry={entry} />
          </Text>
          <Text size="xs" c="dimmed">
            <TimeAgo at_unix_s={entry.effective_at} />
          </Text>
        </Group>
        {changes.map(({ field, before, after }) =>
          before === null ? null : (
            <ChangeLine key={field} field={field} before={before} after={after} />
          ),
        )}
        {facts.length > 0 && (
          <Text size="sm" style={{ overflowWrap: "anywhere" }}>
            {facts.map(({ field, after }) => `${field}: ${after}`).join(" · ")}
          </Text>
        )}
        <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
          {footnote_of(entry)}
        </Text>
      </Stack>
    </Paper>
  );
}

function Target({ entry }: { entry: AuditEntry }) {
  const name = name_of_target(entry);
  const id = target_of(entry);
  if (name !== null) return <>: {name}</>;
  if (id === null) return null;
  return (
    <>
      : <Code>{id}</Code>
    </>
  );
}

interface ChangeLineProps {
  field: string;
  before: string;
  after: string;
}

function ChangeLine({ field, before, after }: ChangeLineProps) {
  return (
    <Text size="sm" style={{ overflowWrap: "anywhere" }}>
      {field}: <del>{before}</del> → <ins style={{ textDecoration: "none" }}>{after}</ins>
    </Text>
  );
}

function footnote_of(entry: AuditEntry): string {
  const address = address_of(entry.actor);
  const parts = [entry.type];
  if (entry.project) parts.push(`project ${entry.project.name ?? entry.project.id}`);
  if (address !== null) parts.push(`from ${address}`);
  return parts.join(" · ");
}
