// SPDX-License-Identifier: Apache-2.0
import { Badge, Button, Center, Group, Loader, Paper, Table, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { kPrices, prices_query } from "../../api/price_queries";
import { set_price } from "../../api/prices";
import type { Price, PriceDecision, PriceRow, PriceUnit } from "../../api/types";
import { format_dollars } from "../../format/prices";
import { format_instant } from "../../format/time";
import { Problem } from "../../parts/Problem";
import { Section } from "../../parts/Section";
import { useSession } from "../../shell/session";
import { PriceDetails } from "./PriceDetails";
import { PriceDialog } from "./PriceDialog";
import { without_replaced } from "./price_history";
import { plain_price } from "./price_lines";

const kTypingMs = 300;

const kLead =
  "A model without a price is refused, never free by accident. What you decide here holds for " +
  "new calls; what was charged stays as it is. Shown first: what has no price, and what you " +
  "decided.";

const kSources: Record<PriceRow["source"], { text: string; color: string }> = {
  operator: { text: "decided here", color: "blue" },
  shipped: { text: "as shipped", color: "gray" },
  ceiling: { text: "no price: at the ceiling", color: "orange" },
  none: { text: "no price: refused", color: "red" },
};

type OpenDialog = { name: "add" } | { name: "set" | "details"; row: PriceRow };

export function PriceList() {
  const [typed, set_typed] = useState("");
  const [dialog, set_dialog] = useState<OpenDialog | null>(null);
  const [model] = useDebouncedValue(typed.trim(), kTypingMs);
  const prices = useQuery(prices_query(model));
  const close = () => set_dialog(null);
  return (
    <Section
      title="What models cost"
      lead={kLead}
      action={
        <Button variant="default" onClick={() => set_dialog({ name: "add" })}>
          Set a price
        </Button>
      }
    >
      <TextInput
        aria-label="Find a model"
        placeholder="Find a model"
        size="xs"
        maw={320}
        value={typed}
        onChange={(event) => set_typed(event.currentTarget.value)}
      />
      <Problem error={prices.error} />
      {prices.isPending && <Center mih={80} children={<Loader size="sm" />} />}
      {prices.data?.length === 0 && (
        <Text size="sm">
          {model === ""
            ? "Every model that is served has the price that ships with Tollgate."
            : "No provider serves such a model."}
        </Text>
      )}
      {prices.data !== undefined && prices.data.length > 0 && (
        <PriceTable rows={prices.data} on_open={(name, row) => set_dialog({ name, row })} />
      )}
      {dialog?.name === "add" && <PriceDialog priced={null} on_close={close} />}
      {dialog?.name === "set" && <PriceDialog priced={dialog.row} on_close={close} />}
      {dialog?.name === "details" && <PriceDetails row={dialog.row} on_close={close} />}
    </Section>
  );
}

type OnOpen = (name: "set" | "details", row: PriceRow) => void;

function PriceTable({ rows, on_open }: { rows: PriceRow[]; on_open: OnOpen }) {
  return (
    <Paper withBorder>
      <Table.ScrollContainer minWidth={820}>
        <Table horizontalSpacing="md" aria-label="Prices" verticalSpacing="xs" tabularNums>
          <Table.Thead>
            <Table.Tr>
              <Table.Th w="26%">Model</Table.Th>
              <Table.Th>Provider</Table.Th>
              <Table.Th miw={100}>A million tokens in</Table.Th>
              <Table.Th>out</Table.Th>
              <Table.Th>Who says so</Table.Th>
              <Table.Th aria-label="Actions" />
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((row) => (
              <PriceLine
                key={`${row.provider} ${row.model}`}
                row={row}
                on_open={(name) => on_open(name, row)}
              />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Paper>
  );
}

function usual_price(prices: Price[], unit: PriceUnit): string {
  const price = plain_price(prices, unit);
  return price === undefined ? "–" : format_dollars(price);
}

interface PriceLineProps {
  row: PriceRow;
  on_open: (name: "set" | "details") => void;
}

function PriceLine({ row, on_open }: PriceLineProps) {
  const { csrf_token } = useSession();
  const queries = useQueryClient();
  const resetting = useMutation({
    mutationFn: () =>
      set_price({ model: row.model, provider: row.provider, kind: "shipped" }, csrf_token),
    onSuccess: () => queries.invalidateQueries({ queryKey: kPrices }),
  });
  const source = kSources[row.source];
  return (
    <Table.Tr>
      <Table.Td style={{ overflowWrap: "anywhere" }}>
        {row.model}
        {without_replaced(row.coming).map((decision, i) => (
          <Text key={i} size="xs" c="dimmed">
            {format_coming(decision)}
          </Text>
        ))}
      </Table.Td>
      <Table.Td>{row.provider}</Table.Td>
      <Table.Td>{row.free ? "free" : usual_price(row.prices, "input_text_token")}</Table.Td>
      <Table.Td>{row.free ? "free" : usual_price(row.prices, "output_text_token")}</Table.Td>
      <Table.Td>
        <Badge variant="light" color={source.color} tt="none" miw="max-content">
          {source.text}
        </Badge>
        {row.reason && (
          <Text size="xs" c="dimmed">
            {row.reason}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <Group gap="xs" justify="flex-end" wrap="nowrap">
          {row.source === "operator" && (
            <Button
              size="xs"
              variant="default"
              aria-label={`Reset the price of ${row.model}`}
              loading={resetting.isPending}
              onClick={() => resetting.mutate()}
            >
              Reset
            </Button>
          )}
          <Button
            size="xs"
            variant="default"
            aria-label={`History of the price of ${row.model}`}
            onClick={() => on_open("details")}
          >
            History
          </Button>
          <Button
            size="xs"
            variant="default"
            aria-label={`Set the price of ${row.model}`}
            onClick={() => on_open("set")}
          >
            Set price
          </Button>
        </Group>
        <Problem error={resetting.error} />
      </Table.Td>
    </Table.Tr>
  );
}

// "From 1 Dec 2026 (UTC): $3.00 in, $9.00 out".
function format_coming({ valid_from, kind, prices }: PriceDecision): string {
  const read = usual_price(prices, "input_text_token");
  const written = usual_price(prices, "output_text_token");
  const what = { free: "free", shipped: "as shipped", priced: `${read} in, ${written} out` };
  return `From ${format_instant(valid_from)}: ${what[kind]}`;
}
