// SPDX-License-Identifier: Apache-2.0
import { Code, Paper, Stack, Table, Text, Title } from "@mantine/core";

import { set_successor } from "../../api/providers";
import type { Routes } from "../../api/types";
import { useSession } from "../../shell/session";
import { AddSuccessorForm } from "./AddSuccessorForm";
import { EditableModel } from "./EditableModel";

export function Successors({ routes }: { routes: Routes }) {
  const { csrf_token } = useSession();
  const successors = Object.entries(routes.successors).sort(([a], [b]) => a.localeCompare(b));
  return (
    <Stack gap="xs">
      <div>
        <Title order={2} size="h4">
          Successors of retired models
        </Title>
        <Text size="sm" c="dimmed">
          A program that still names a retired model runs unedited: its successor answers, and a
          header says so.
        </Text>
      </div>
      <Paper withBorder>
        <Table horizontalSpacing="md" layout="fixed" aria-label="Successors">
          <Table.Thead>
            <Table.Tr>
              <Table.Th w="40%">Retired</Table.Th>
              <Table.Th>Successor</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {successors.map(([retired, successor]) => (
              <Table.Tr key={retired}>
                <Table.Td>
                  <Code>{retired}</Code>
                </Table.Td>
                <Table.Td>
                  <EditableModel
                    label={`Successor of ${retired}`}
                    model={successor}
                    models={routes.models}
                    save={(changed) => set_successor(retired, changed, csrf_token)}
                  />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
        <AddSuccessorForm models={routes.models} />
      </Paper>
    </Stack>
  );
}
