// SPDX-License-Identifier: Apache-2.0
import { Button, Center, Group, Loader, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";

import { audit_query } from "../../api/organization_queries";
import { Problem } from "../../parts/Problem";
import { PageTitle } from "../../shell/PageTitle";
import { AuditRow } from "./AuditRow";
import { kEventGroups, types_of } from "./audit_entry";

const kLead =
  "Every change, the newest first: who, what, from where. Entries are never changed or deleted.";
const kTypingMs = 400;

export function AuditPage() {
  const [group, set_group] = useState("");
  const [email, set_email] = useState("");
  const [actor_email] = useDebouncedValue(email.trim(), kTypingMs);
  const log = useInfiniteQuery(audit_query({ event_types: types_of(group), actor_email }));
  const entries = log.data?.pages.flatMap(({ data }) => data) ?? [];
  return (
    <Stack>
      <PageTitle title="Audit log" lead={kLead} />
      <Group align="flex-end" gap="sm">
        <NativeSelect
          label="What"
          data={kEventGroups.map(({ value, label }) => ({ value, label }))}
          value={group}
          onChange={(event) => set_group(event.currentTarget.value)}
        />
        <TextInput
          label="Who"
          type="email"
          placeholder="ada@example.org"
          autoComplete="off"
          w={240}
          value={email}
          onChange={(event) => set_email(event.currentTarget.value)}
        />
        <Button variant="default" loading={log.isRefetching} onClick={() => void log.refetch()}>
          Refresh
        </Button>
      </Group>
      <Problem error={log.error} />
      {log.isPending && <Center mih={160} children={<Loader />} />}
      {log.data && entries.length === 0 && (
        <Text c="dimmed" size="sm">
          Nothing of this kind has happened.
        </Text>
      )}
      <Stack gap="xs" role="list" aria-label="Audit entries">
        {entries.map((entry) => (
          <AuditRow key={entry.id} entry={entry} />
        ))}
      </Stack>
      {log.hasNextPage && (
        <Center>
          <Button
            variant="default"
            loading={log.isFetchingNextPage}
            onClick={() => void log.fetchNextPage()}
          >
            Load more
          </Button>
        </Center>
      )}
    </Stack>
  );
}
