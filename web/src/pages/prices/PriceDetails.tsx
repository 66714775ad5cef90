// SPDX-License-Identifier: Apache-2.0
import { Badge, Center, Loader, Modal, Stack, Table, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { price_history_query } from "../../api/price_queries";
import type { PriceDecision, PriceRow } from "../../api/types";
import { format_instant } from "../../format/time";
import { Problem } from "../../parts/Problem";
import { TimeAgo } from "../../parts/TimeAgo";
import { type DecisionState, states_of } from "./price_history";
import { PriceTexts } from "./PriceTexts";

const kColors: Record<DecisionState, string> = {
  "to come": "orange",
  replaced: "gray",
  holds: "teal",
  past: "gray",
};

interface PriceDetailsProps {
  row: PriceRow;
  on_close: () => void;
}

// All prices of a model as they hold, and what was ever decided about them.
export function PriceDetails({ row, on_close }: PriceDetailsProps) {
  const history = useQuery(price_history_query(row.model));
  return (
    <Modal
      opened
      onClose={on_close}
      size="xl"
      title={`Prices of ${row.model}`}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <Stack gap="lg">
        <Stack gap={4} component="section" aria-label="What holds now">
          <Title order={3} size="h5">
            At {row.provider}, now
          </Title>
          <PriceTexts kind={row.free ? "free" : "priced"} prices={row.prices} />
        </Stack>
        <Stack gap={6} component="section" aria-label="Decisions">
          <Title order={3} size="h5">
            What was decided
          </Title>
          <Text size="sm" c="dimmed">
            Nothing is overwritten, and what was charged is never charged anew.
          </Text>
          <Problem error={history.error} />
          {history.isPending && <Center children={<Loader size="sm" />} />}
          {history.data?.length === 0 && <Text size="sm">Nothing: it costs what ships.</Text>}
          {history.data && history.data.length > 0 && <Decisions decisions={history.data} />}
        </Stack>
      </Stack>
    </Modal>
  );
}

function Decisions({ decisions }: { decisions: PriceDecision[] }) {
  const states = states_of(decisions, Date.now() / 1_000);
  return (
    <Table.ScrollContainer minWidth={600}>
      <Table horizontalSpacing="xs" verticalSpacing="xs" aria-label="Decisions" tabularNums>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Valid from</Table.Th>
            <Table.Th>At</Table.Th>
            <Table.Th>Price</Table.Th>
            <Table.Th>Decided</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {decisions.map((decision, i) => (
            <DecisionRow key={i} decision={decision} state={states[i] ?? "past"} />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function DecisionRow({ decision, state }: { decision: PriceDecision; state: DecisionState }) {
  const { provider, kind, prices, valid_from, decided_at, decided_by, reason } = decision;
  return (
    <Table.Tr style={{ verticalAlign: "top" }}>
      <Table.Td miw={130}>
        {format_instant(valid_from)}
        <div>
          <Badge variant="light" tt="none" size="sm" color={kColors[state]}>
            {state}
          </Badge>
        </div>
      </Table.Td>
      <Table.Td>{provider ?? "all without one of their own"}</Table.Td>
      <Table.Td>
        <PriceTexts kind={kind} prices={prices} />
      </Table.Td>
      <Table.Td>
        <TimeAgo at_unix_s={decided_at} />
        <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
          by {decided_by}
          {reason !== null && `: ${reason}`}
        </Text>
      </Table.Td>
    </Table.Tr>
  );
}
