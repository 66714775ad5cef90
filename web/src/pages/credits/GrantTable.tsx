// SPDX-License-Identifier: Apache-2.0
import { Badge, Button, Group, Paper, Table, Text } from "@mantine/core";

import type { CreditGrant } from "../../api/types";
import { format_nanousd } from "../../format/money";
import { format_instant } from "../../format/time";
import { TimeAgo } from "../../parts/TimeAgo";
import { CreditOwner } from "./CreditOwner";

const kStates: Record<CreditGrant["status"], { text: string; color: string }> = {
  active: { text: "active", color: "teal" },
  used_up: { text: "used up", color: "orange" },
  ended: { text: "ended", color: "gray" },
};

interface GrantTableProps {
  grants: CreditGrant[];
  may_correct: boolean;
  on_correct: (grant: CreditGrant) => void;
  // Nothing: not for who reads it.
  on_history?: (grant: CreditGrant) => void;
}

export function GrantTable({ grants, may_correct, on_correct, on_history }: GrantTableProps) {
  return (
    <Paper withBorder>
      <Table.ScrollContainer minWidth={920}>
        <Table horizontalSpacing="md" verticalSpacing="xs" aria-label="Grants" tabularNums>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Granted</Table.Th>
              <Table.Th>Whose</Table.Th>
              <Table.Th ta="right">Amount</Table.Th>
              <Table.Th ta="right">Used</Table.Th>
              <Table.Th ta="right">Left</Table.Th>
              <Table.Th>Ends</Table.Th>
              <Table.Th>State</Table.Th>
              <Table.Th aria-label="Actions" />
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {grants.map((grant) => (
              <Table.Tr key={grant.id} data-grant-id={grant.id}>
                <GrantCells grant={grant} />
                <Table.Td>
                  <Group gap="xs" justify="flex-end" wrap="nowrap">
                    {on_history && (
                      <Button
                        size="xs"
                        variant="default"
                        aria-label={`History of ${grant.id}`}
                        onClick={() => on_history(grant)}
                      >
                        History
                      </Button>
                    )}
                    {may_correct && grant.status !== "ended" && (
                      <Button
                        size="xs"
                        variant="default"
                        aria-label={`Correct ${grant.id}`}
                        onClick={() => on_correct(grant)}
                      >
                        Correct
                      </Button>
                    )}
                  </Group>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Paper>
  );
}

function GrantCells({ grant }: { grant: CreditGrant }) {
  const state = kStates[grant.status];
  return (
    <>
      <Table.Td>
        <TimeAgo at_unix_s={grant.granted_at} />
        {grant.reason !== null && (
          <Text size="xs" c="dimmed">
            {grant.reason}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <CreditOwner project_id={grant.project_id} />
      </Table.Td>
      <Table.Td ta="right">{format_nanousd(grant.amount_nanousd)}</Table.Td>
      <Table.Td ta="right">{format_nanousd(grant.used_nanousd)}</Table.Td>
      <Table.Td ta="right" fw={600}>
        {format_nanousd(grant.remaining_nanousd)}
        {grant.expired_nanousd > 0 && (
          <Text size="xs" c="dimmed">
            {format_nanousd(grant.expired_nanousd)} expired
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        {grant.expires_at === null ? "never" : format_instant(grant.expires_at)}
      </Table.Td>
      <Table.Td>
        <Badge variant="light" tt="none" miw="max-content" color={state.color}>
          {state.text}
        </Badge>
      </Table.Td>
    </>
  );
}
