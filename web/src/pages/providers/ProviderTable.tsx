// SPDX-License-Identifier: Apache-2.0
import { Badge, Button, Code, Paper, Table, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { keep_objects } from "../../api/providers";
import { providers_query } from "../../api/queries";
import type { Provider } from "../../api/types";
import { format_count } from "../../format/count";
import { Problem } from "../../parts/Problem";
import { TimeAgo } from "../../parts/TimeAgo";
import { useSession } from "../../shell/session";
import { UpdateProviderDialog } from "./UpdateProviderDialog";

export function ProviderTable({ providers }: { providers: Provider[] }) {
  const { csrf_token } = useSession();
  const queries = useQueryClient();
  const [updated, set_updated] = useState<Provider | null>(null);
  const keeping = useMutation({
    mutationFn: (name: string) => keep_objects(name, csrf_token),
    onSuccess: () => queries.invalidateQueries(providers_query),
  });
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
              <Table.Th>New files</Table.Th>
              <Table.Th>Added</Table.Th>
              <Table.Th aria-label="Actions" />
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {providers.map((provider) => (
              <ProviderRow
                key={provider.id}
                provider={provider}
                keep={() => keeping.mutate(provider.name)}
                update={() => set_updated(provider)}
              />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <Problem error={keeping.error} />
      {updated && <UpdateProviderDialog provider={updated} on_close={() => set_updated(null)} />}
      {providers.length === 0 && (
        <Text c="dimmed" size="sm" p="md">
          No provider yet. Until you add one, only test keys work: they reach the built-in sandbox.
        </Text>
      )}
    </Paper>
  );
}

// Files and conversations belong to no model, so one provider keeps them all.
function KeptFiles({ provider, keep }: { provider: Provider; keep: () => void }) {
  if (provider.kind === "sandbox") return null;
  if (provider.keeps_objects) {
    return <Badge variant="light" miw="max-content" color="teal" children="Kept here" />;
  }
  return (
    <Button
      size="xs"
      variant="default"
      aria-label={`Keep new files at ${provider.name}`}
      onClick={keep}
    >
      Keep here
    </Button>
  );
}

interface ProviderRowProps {
  provider: Provider;
  keep: () => void;
  update: () => void;
}

function ProviderRow({ provider, keep, update }: ProviderRowProps) {
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
        <KeptFiles provider={provider} keep={keep} />
      </Table.Td>
      <Table.Td>
        <TimeAgo at_unix_s={provider.created_at} />
      </Table.Td>
      <Table.Td>
        {provider.kind !== "sandbox" && (
          <Button
            size="xs"
            variant="default"
            aria-label={`Update ${provider.name}`}
            onClick={update}
          >
            Update
          </Button>
        )}
      </Table.Td>
    </Table.Tr>
  );
}
