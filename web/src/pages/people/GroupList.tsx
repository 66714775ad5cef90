// SPDX-License-Identifier: Apache-2.0
import { Center, Loader, Paper, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { groups_query } from "../../api/organization_queries";
import { Problem } from "../../parts/Problem";
import { TimeAgo } from "../../parts/TimeAgo";

export function GroupList() {
  const groups = useQuery(groups_query);
  if (groups.isPending) return <Center mih={160} children={<Loader />} />;
  if (groups.isError) return <Problem error={groups.error} />;
  if (groups.data.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        No group yet. A group gives its members its roles; the Admin API makes them.
      </Text>
    );
  }
  return (
    <Paper withBorder>
      <Table aria-label="Groups" horizontalSpacing="md" verticalSpacing="sm">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Name</Table.Th>
            <Table.Th>Created</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {groups.data.map(({ id, name, created_at }) => (
            <Table.Tr key={id}>
              <Table.Td fw={600}>{name}</Table.Td>
              <Table.Td>
                <TimeAgo at_unix_s={created_at} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Paper>
  );
}
