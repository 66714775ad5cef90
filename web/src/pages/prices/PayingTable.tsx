// SPDX-License-Identifier: Apache-2.0
import { NativeSelect, Paper, Stack, Table, Text, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { price_books_query } from "../../api/price_queries";
import { set_charge_policy } from "../../api/prices";
import type { ChargePolicy, InstanceOrganization, PriceBook } from "../../api/types";
import { Problem } from "../../parts/Problem";
import { useSession } from "../../shell/session";
import { type Paying, payings_of } from "./book_rules";

const kUnwaited: { value: ChargePolicy["unwaited"]; label: string }[] = [
  { value: "charge_as_cost", label: "The organization: what the provider asks" },
  { value: "only_delivered", label: "You: it pays only for what was delivered" },
];

const kWhose: Record<Paying["whose"], string> = {
  own: "by a rule of its own",
  "everybody's": "as everybody without one",
  none: "no rule",
};

interface PayingTableProps {
  book: PriceBook;
  organizations: InstanceOrganization[];
}

// Which organization uses which rule, and who pays for what a client did not wait for.
export function PayingTable({ book, organizations }: PayingTableProps) {
  return (
    <Stack gap="xs">
      <div>
        <Title order={3} size="h5">
          Who pays what
        </Title>
        <Text size="sm" c="dimmed" maw={640}>
          Where a client goes away in the middle of its answer, the provider may ask for more than
          the client was given. Who pays for that is decided for each organization.
        </Text>
      </div>
      <Paper withBorder>
        <Table.ScrollContainer minWidth={760}>
          <Table horizontalSpacing="md" verticalSpacing="xs" aria-label="Who pays what">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Organization</Table.Th>
                <Table.Th>Pays</Table.Th>
                <Table.Th>Models with a rule of their own</Table.Th>
                <Table.Th>Who pays for what a client did not wait for</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {payings_of(book, organizations).map((paying) => (
                <PayingRow key={paying.organization.id} paying={paying} />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      </Paper>
    </Stack>
  );
}

function PayingRow({ paying }: { paying: Paying }) {
  const { organization, what, whose, own_models } = paying;
  return (
    <Table.Tr>
      <Table.Td>
        <Text size="sm" fw={600}>
          {organization.name}
        </Text>
        <Text size="xs" c="dimmed">
          {organization.id}
        </Text>
      </Table.Td>
      <Table.Td>
        {what}
        <Text size="xs" c="dimmed">
          {kWhose[whose]}
        </Text>
      </Table.Td>
      <Table.Td>{own_models === 0 ? "none" : own_models}</Table.Td>
      <Table.Td miw={300}>
        <UnwaitedSelect paying={paying} />
      </Table.Td>
    </Table.Tr>
  );
}

function UnwaitedSelect({ paying }: { paying: Paying }) {
  const { organization, pays_only_delivered } = paying;
  const { csrf_token } = useSession();
  const queries = useQueryClient();
  const choosing = useMutation({
    mutationFn: (unwaited: ChargePolicy["unwaited"]) =>
      set_charge_policy(organization.id, unwaited, csrf_token),
    onSuccess: () => queries.invalidateQueries(price_books_query),
  });
  return (
    <>
      <NativeSelect
        aria-label={`Who pays at ${organization.name} for what a client did not wait for`}
        size="xs"
        data={kUnwaited}
        disabled={choosing.isPending}
        value={pays_only_delivered ? "only_delivered" : "charge_as_cost"}
        onChange={(event) =>
          choosing.mutate(event.currentTarget.value as ChargePolicy["unwaited"])
        }
      />
      <Problem error={choosing.error} />
    </>
  );
}
