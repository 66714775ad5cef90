// SPDX-License-Identifier: Apache-2.0
import { Paper, Table, Text } from "@mantine/core";

import type { ChargeTerm } from "../../api/types";
import { format_count } from "../../format/count";
import { format_exact_nanousd, has_remainder } from "../../format/exact";
import { format_nanousd } from "../../format/money";
import { format_amount, format_case, kUnits } from "../../format/prices";

interface TermTableProps {
  title: string;
  terms: ChargeTerm[];
  exact_nanousd: string;
  // Null: the call alone cannot say it.
  rounded_nanousd: number | null;
  // What the rounded sum is: "Cost".
  sum_label: string;
}

const kCountedBy: Record<ChargeTerm["source"], string> = {
  none: "nobody",
  provider: "the provider",
  counted: "Tollgate",
  estimated: "an estimate",
};

// Each unit that was used, at its price; then their sum, which is rounded once.
export function TermTable(props: TermTableProps) {
  const { title, terms, exact_nanousd, rounded_nanousd, sum_label } = props;
  const is_rounded = rounded_nanousd !== null && has_remainder(exact_nanousd);
  return (
    <Paper withBorder>
      <Table.ScrollContainer minWidth={640}>
        <Table horizontalSpacing="md" aria-label={title} tabularNums>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>What</Table.Th>
              <Table.Th ta="right">Count</Table.Th>
              <Table.Th>Counted by</Table.Th>
              <Table.Th>Price</Table.Th>
              <Table.Th ta="right">Comes to</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {terms.map((term, i) => (
              <TermRow key={i} term={term} />
            ))}
          </Table.Tbody>
          <Table.Tfoot style={{ borderTop: "1px solid var(--table-border-color)" }}>
            <SumRow
              label={is_rounded ? "Sum, exactly" : sum_label}
              amount={format_exact_nanousd(exact_nanousd)}
            />
            {is_rounded && (
              <SumRow
                label={`${sum_label}: rounded half up to a nano-dollar, once`}
                amount={format_nanousd(rounded_nanousd)}
              />
            )}
          </Table.Tfoot>
        </Table>
      </Table.ScrollContainer>
    </Paper>
  );
}

function TermRow({ term }: { term: ChargeTerm }) {
  const of_case = format_case(term.price);
  const priced_as =
    term.price.unit === term.unit ? null : kUnits[term.price.unit].label.toLowerCase();
  return (
    <Table.Tr>
      <Table.Td miw={150}>
        {kUnits[term.unit].label}
        {term.note !== null && <Note text={term.note} />}
      </Table.Td>
      <Table.Td ta="right" style={{ whiteSpace: "nowrap" }}>
        {count_of(term)}
      </Table.Td>
      <Table.Td>{kCountedBy[term.source]}</Table.Td>
      <Table.Td miw={150}>
        {format_amount(term.price)}
        {of_case !== "" && <Note text={of_case} />}
        {priced_as !== null && <Note text={`has no price of its own: as ${priced_as}`} />}
      </Table.Td>
      <Table.Td ta="right" style={{ whiteSpace: "nowrap" }}>
        {format_exact_nanousd(term.amount_nanousd)}
      </Table.Td>
    </Table.Tr>
  );
}

function SumRow({ label, amount }: { label: string; amount: string }) {
  return (
    <Table.Tr>
      <Table.Th scope="row" colSpan={4}>
        {label}
      </Table.Th>
      <Table.Td ta="right" fw={600} style={{ whiteSpace: "nowrap" }}>
        {amount}
      </Table.Td>
    </Table.Tr>
  );
}

// "1,000", "12.345 s", "2 × 1,056".
function count_of({ count, milliseconds, times }: ChargeTerm): string {
  const each =
    milliseconds === undefined
      ? format_count(count ?? 0)
      : `${(milliseconds / 1_000).toFixed(3)} s`;
  return times === undefined ? each : `${format_count(times)} × ${each}`;
}

function Note({ text }: { text: string }) {
  return (
    <Text size="xs" c="dimmed">
      {text}
    </Text>
  );
}
