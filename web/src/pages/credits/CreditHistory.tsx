// SPDX-License-Identifier: Apache-2.0
import { Anchor, Button, Center, Loader, Paper, Table, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { credit_entries_query } from "../../api/credit_queries";
import type { CreditEntry, CreditGrant } from "../../api/types";
import { format_nanousd } from "../../format/money";
import { format_absolute } from "../../format/time";
import { Problem } from "../../parts/Problem";
import { Section } from "../../parts/Section";
import { format_accounts, format_kind } from "./credit_form";

const kLead =
  "Each entry takes an amount from one account and gives it to another. Entries are only added: " +
  "a correction is a new one.";

interface CreditHistoryProps {
  organization: string;
  // Null: all grants.
  grant: CreditGrant | null;
  on_all: () => void;
}

export function CreditHistory({ organization, grant, on_all }: CreditHistoryProps) {
  const question = { organization, ...(grant && { grant: grant.id }) };
  const history = useInfiniteQuery(credit_entries_query(question));
  const entries = history.data?.pages.flatMap(({ data }) => data) ?? [];
  return (
    <Section
      title={grant ? `History of ${grant.id}` : "History"}
      lead={kLead}
      action={
        grant && (
          <Button variant="default" onClick={on_all}>
            All grants' history
          </Button>
        )
      }
    >
      <Problem error={history.error} />
      {history.isPending && <Center mih={80} children={<Loader size="sm" />} />}
      {entries.length > 0 && <EntryTable entries={entries} />}
      {history.hasNextPage && (
        <Center>
          <Button
            variant="default"
            loading={history.isFetchingNextPage}
            onClick={() => void history.fetchNextPage()}
          >
            Load older entries
          </Button>
        </Center>
      )}
    </Section>
  );
}

function EntryTable({ entries }: { entries: CreditEntry[] }) {
  return (
    <Paper withBorder>
      <Table.ScrollContainer minWidth={760}>
        <Table horizontalSpacing="md" verticalSpacing="xs" aria-label="Entries" tabularNums>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>When</Table.Th>
              <Table.Th>What</Table.Th>
              <Table.Th ta="right">Amount</Table.Th>
              <Table.Th>From and to</Table.Th>
              <Table.Th>Grant</Table.Th>
              <Table.Th>Why</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {entries.map((entry) => (
              <Table.Tr key={entry.sequence}>
                <Table.Td>{format_absolute(entry.at * 1_000)}</Table.Td>
                <Table.Td>{format_kind(entry)}</Table.Td>
                <Table.Td ta="right">{format_nanousd(entry.amount_nanousd)}</Table.Td>
                <Table.Td style={{ whiteSpace: "nowrap" }}>{format_accounts(entry)}</Table.Td>
                <Table.Td style={{ overflowWrap: "anywhere" }}>{entry.grant_id}</Table.Td>
                <Table.Td>
                  <Why entry={entry} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Paper>
  );
}

// The call that was paid for, or who did it and why.
function Why({ entry: { call_id, made_by, reason } }: { entry: CreditEntry }) {
  if (call_id !== null) {
    return (
      <Anchor
        inherit
        renderRoot={(props) => <Link to="/usage/calls/$call_id" params={{ call_id }} {...props} />}
      >
        {call_id}
      </Anchor>
    );
  }
  return (
    <>
      {reason}
      {made_by !== null && (
        <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
          by {made_by}
        </Text>
      )}
    </>
  );
}
