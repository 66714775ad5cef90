// SPDX-License-Identifier: Apache-2.0
import { Badge, Code, Paper, Table, Text } from "@mantine/core";

import type { Provider } from "../../api/types";
import { format_count } from "../../format/count";
import { TimeAgo } from "../../parts/TimeAgo";

export function ProviderTable({ providers }: { providers: Provider[] }) {
  return (
    <Paper withBorder>
      <Table.ScrollContainer minWidth={720}>
        <Table horizontalSpacing="md" verticalSpacing="sm" aria-label="Providers">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Name</Table.Th>
              <Table.Th>Kind</Table.Th>
              <Table.Th>Base URL</Table.Th>
              <Table.Th>Credential</Table.Th>
              <Table.Th ta="right">Models</Table.Th>
              <Table.Th>Added</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {providers.map((provider) => (
              <ProviderRow key={provider.id} provider={provider} />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {providers.length === 0 && (
        <Text c="dimmed" size="sm" p="md">
          No provider yet. Until you add one, only test keys work: they reach the built-in sandbox.
        </Text>
      )}
    </Paper>
  );
}

function ProviderRow({ provider }: { provider: Provider }) {
  return (
    <Table.Tr>
      <Table.Td fw={600}>{provider.name}</Table.Td>
      <Table.Td>{provider.kind}</Table.Td>
      <Table.Td>
        {provider.base_url === "" ? "in this process" : <Code>{provider.base_url}</Code>}
      </Table.Td>
      <Table.Td>
        <Badge variant="light" miw="max-content" color={provider.has_credential ? "teal" : "gray"}>
          {provider.has_credential ? "Stored" : "None"}
        </Badge>
      </Table.Td>
      <Table.Td ta="right">
        {provider.listed_models > 0 ? format_count(provider.listed_models) : "catalogue"}
      </Table.Td>
      <Table.Td>
        <TimeAgo at_unix_s={provider.created_at} />
      </Table.Td>
    </Table.Tr>
  );
}
