// SPDX-License-Identifier: Apache-2.0
import { Code, Paper, Stack, Table, Text, Title } from "@mantine/core";

import { set_default_model } from "../../api/providers";
import type { Routes } from "../../api/types";
import { useSession } from "../../shell/session";
import { EditableModel } from "./EditableModel";

export function DefaultModels({ routes }: { routes: Routes }) {
  const { csrf_token } = useSession();
  const endpoints = Object.entries(routes.default_models).sort(([a], [b]) => a.localeCompare(b));
  return (
    <Stack gap="xs">
      <div>
        <Title order={2} size="h4">
          Default models
        </Title>
        <Text size="sm" c="dimmed">
          What answers a call that names no model. Old clients send none for images.
        </Text>
      </div>
      <Paper withBorder>
        <Table horizontalSpacing="md" layout="fixed" aria-label="Default models">
          <Table.Thead>
            <Table.Tr>
              <Table.Th w="40%">Endpoint</Table.Th>
              <Table.Th>Model</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {endpoints.map(([endpoint, model]) => (
              <Table.Tr key={endpoint}>
                <Table.Td>
                  <Code>{endpoint}</Code>
                </Table.Td>
                <Table.Td>
                  <EditableModel
                    label={`Default model of ${endpoint}`}
                    model={model}
                    models={routes.models}
                    save={(changed) => set_default_model(endpoint, changed, csrf_token)}
                  />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
        {endpoints.length === 0 && (
          <Text c="dimmed" size="sm" p="md">
            None yet. They come with the first provider.
          </Text>
        )}
      </Paper>
    </Stack>
  );
}
