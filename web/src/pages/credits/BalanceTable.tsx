// SPDX-License-Identifier: Apache-2.0
import { Paper, Table, Text } from "@mantine/core";

import type { CreditBalance } from "../../api/types";
import { format_nanousd } from "../../format/money";
import { format_instant } from "../../format/time";
import { CreditOwner } from "./CreditOwner";

export function BalanceTable({ balances }: { balances: CreditBalance[] }) {
  return (
    <Paper withBorder>
      <Table.ScrollContainer minWidth={640}>
        <Table horizontalSpacing="md" verticalSpacing="xs" aria-label="Balances" tabularNums>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Whose</Table.Th>
              <Table.Th ta="right">Left</Table.Th>
              <Table.Th ta="right">Held by running calls</Table.Th>
              <Table.Th ta="right">Used</Table.Th>
              <Table.Th ta="right">Granted</Table.Th>
              <Table.Th>Next end</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {balances.map((balance) => (
              <BalanceRow key={balance.project_id ?? ""} balance={balance} />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Paper>
  );
}

function BalanceRow({ balance }: { balance: CreditBalance }) {
  const { project_id, left_nanousd, held_nanousd, used_nanousd, granted_nanousd } = balance;
  const is_empty = left_nanousd <= 0;
  return (
    <Table.Tr>
      <Table.Td>
        <CreditOwner project_id={project_id} />
      </Table.Td>
      <Table.Td ta="right" fw={600} {...(is_empty && { c: "red" })}>
        {format_nanousd(left_nanousd)}
        {is_empty && <Text size="xs">calls are refused</Text>}
      </Table.Td>
      <Table.Td ta="right">{format_nanousd(held_nanousd)}</Table.Td>
      <Table.Td ta="right">{format_nanousd(used_nanousd)}</Table.Td>
      <Table.Td ta="right">{format_nanousd(granted_nanousd)}</Table.Td>
      <Table.Td>
        {balance.next_end_at === null ? "none" : format_instant(balance.next_end_at)}
      </Table.Td>
    </Table.Tr>
  );
}
