// SPDX-License-Identifier: Apache-2.0
import { Badge, Center, Code, Group, Loader, Paper, Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { roles_query } from "../../api/organization_queries";
import type { Role } from "../../api/organization_types";
import { Problem } from "../../parts/Problem";

export function RoleList() {
  const roles = useQuery(roles_query);
  if (roles.isPending) return <Center mih={160} children={<Loader />} />;
  if (roles.isError) return <Problem error={roles.error} />;
  return (
    <Paper withBorder>
      <Table aria-label="Roles" horizontalSpacing="md" verticalSpacing="sm">
        <Table.Tbody>
          {roles.data.map((role) => (
            <RoleRow key={role.id} role={role} />
          ))}
        </Table.Tbody>
      </Table>
    </Paper>
  );
}

function RoleRow({ role }: { role: Role }) {
  const count = role.permissions.length;
  return (
    <Table.Tr>
      <Table.Td>
        <Stack gap={4}>
          <Group gap="xs">
            <Text size="sm" fw={600}>
              {role.name}
            </Text>
            <Badge variant="light" size="sm" color={role.predefined_role ? "gray" : "cyan"}>
              {role.predefined_role ? "Built in" : "Custom"}
            </Badge>
          </Group>
          {role.description !== null && <Text size="sm">{role.description}</Text>}
          <details>
            <Text component="summary" size="xs" c="dimmed" style={{ cursor: "pointer" }}>
              {count === 1 ? "1 permission" : `${count} permissions`}
            </Text>
            <Group gap={4} mt={4}>
              {role.permissions.map((permission) => (
                <Code key={permission}>{permission}</Code>
              ))}
            </Group>
          </details>
        </Stack>
      </Table.Td>
    </Table.Tr>
  );
}
