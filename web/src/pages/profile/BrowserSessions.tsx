// SPDX-License-Identifier: Apache-2.0
import { Badge, Button, Group, Paper, Stack, Table, Text, Title } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { end_other_sessions, end_session } from "../../api/profile";
import type { BrowserSession } from "../../api/types";
import { sessions_query } from "../../api/queries";
import { Problem } from "../../parts/Problem";
import { TimeAgo } from "../../parts/TimeAgo";
import { useSession } from "../../shell/session";

// Where one is signed in. One that looks strange is ended here.
export function BrowserSessions() {
  const { csrf_token } = useSession();
  const queries = useQueryClient();
  const { data, error } = useQuery(sessions_query);
  const refresh = () => queries.invalidateQueries(sessions_query);
  const ending = useMutation({
    mutationFn: (id: string) => end_session(id, csrf_token),
    onSuccess: refresh,
  });
  const ending_others = useMutation({
    mutationFn: () => end_other_sessions(csrf_token),
    onSuccess: refresh,
  });
  const sessions = data ?? [];

  return (
    <Stack component="section" aria-label="Sessions" gap="sm">
      <Group justify="space-between">
        <Title order={2} size="h4">
          Sessions
        </Title>
        {sessions.length > 1 && (
          <Button
            variant="default"
            loading={ending_others.isPending}
            onClick={() => ending_others.mutate()}
          >
            End all others
          </Button>
        )}
      </Group>
      <Problem error={error ?? ending.error ?? ending_others.error} />
      <Paper withBorder>
        <Table.ScrollContainer minWidth={640}>
          <Table horizontalSpacing="md" aria-label="Sessions">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Browser</Table.Th>
                <Table.Th>Address</Table.Th>
                <Table.Th>Signed in</Table.Th>
                <Table.Th>Last used</Table.Th>
                <Table.Th />
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {sessions.map((session) => (
                <SessionRow
                  key={session.id}
                  session={session}
                  is_ending={ending.isPending && ending.variables === session.id}
                  on_end={() => ending.mutate(session.id)}
                />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      </Paper>
    </Stack>
  );
}

interface SessionRowProps {
  session: BrowserSession;
  is_ending: boolean;
  on_end: () => void;
}

function SessionRow({ session, is_ending, on_end }: SessionRowProps) {
  return (
    <Table.Tr>
      <Table.Td maw={320}>
        <Text size="sm" truncate title={session.user_agent}>
          {session.user_agent || "Unknown"}
        </Text>
      </Table.Td>
      <Table.Td>{session.address || "-"}</Table.Td>
      <Table.Td>
        <TimeAgo at_unix_s={session.created_at} />
      </Table.Td>
      <Table.Td>
        <TimeAgo at_unix_s={session.last_used_at} />
      </Table.Td>
      <Table.Td ta="right">
        {session.is_current ? (
          <Badge variant="light" miw="max-content">
            This browser
          </Badge>
        ) : (
          <Button size="xs" variant="default" loading={is_ending} onClick={on_end}>
            End
          </Button>
        )}
      </Table.Td>
    </Table.Tr>
  );
}
