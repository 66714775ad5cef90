// SPDX-License-Identifier: Apache-2.0
import { Badge, Button, Group, Paper, Stack, Table, Text, TextInput, Title } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { set_price } from "../../api/prices";
import { prices_query } from "../../api/queries";
import type { Price, PriceChange, PriceRow } from "../../api/types";
import { format_nanousd } from "../../format/money";
import { Problem } from "../../parts/Problem";
import { useSession } from "../../shell/session";
import { PriceForm } from "./PriceForm";

const kTypingMs = 300;

const kSources: Record<PriceRow["source"], { text: string; color: string }> = {
  operator: { text: "decided here", color: "blue" },
  shipped: { text: "as shipped", color: "gray" },
  ceiling: { text: "no price: at the ceiling", color: "orange" },
  none: { text: "no price: refused", color: "red" },
};

export function Prices() {
  const [typed, set_typed] = useState("");
  const [model] = useDebouncedValue(typed.trim(), kTypingMs);
  const prices = useQuery(prices_query(model));
  return (
    <Stack gap="xs">
      <div>
        <Title order={2} size="h4">
          Prices
        </Title>
        <Text size="sm" c="dimmed">
          A model without a price is refused, never free by accident. What you decide here holds for
          new calls; what was charged stays as it is.
        </Text>
      </div>
      <TextInput
        aria-label="Find a model"
        placeholder="Find a model"
        size="xs"
        maw={320}
        value={typed}
        onChange={(event) => set_typed(event.currentTarget.value)}
      />
      <Problem error={prices.error} />
      {prices.data?.length === 0 && (
        <Text size="sm">
          {model === ""
            ? "Every model that is served has the price that ships with Tollgate."
            : "No provider serves such a model."}
        </Text>
      )}
      {prices.data !== undefined && prices.data.length > 0 && <PriceTable rows={prices.data} />}
    </Stack>
  );
}

function PriceTable({ rows }: { rows: PriceRow[] }) {
  return (
    <Paper withBorder>
      <Table horizontalSpacing="md" aria-label="Prices" verticalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th w="30%">Model</Table.Th>
            <Table.Th>Provider</Table.Th>
            <Table.Th>A million tokens in</Table.Th>
            <Table.Th>out</Table.Th>
            <Table.Th>Who says so</Table.Th>
            <Table.Th />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <PriceLine key={`${row.provider} ${row.model}`} row={row} />
          ))}
        </Table.Tbody>
      </Table>
    </Paper>
  );
}

function standard_price(prices: Price[], unit: Price["unit"]): string {
  const price = prices.find(
    (each) => each.unit === unit && each.tier === undefined && !each.above_input_tokens,
  );
  return price === undefined ? "–" : format_nanousd(price.nanousd_per_million);
}

function PriceLine({ row }: { row: PriceRow }) {
  const { csrf_token } = useSession();
  const queries = useQueryClient();
  const [is_open, set_open] = useState(false);
  const deciding = useMutation({
    mutationFn: (change: PriceChange) => set_price(change, csrf_token),
    onSuccess: async () => {
      set_open(false);
      await queries.invalidateQueries({ queryKey: ["prices"] });
    },
  });
  const decide = (change: Omit<PriceChange, "model" | "provider">) =>
    deciding.mutate({ model: row.model, provider: row.provider, ...change });
  const source = kSources[row.source];

  return (
    <>
      <Table.Tr>
        <Table.Td>{row.model}</Table.Td>
        <Table.Td>{row.provider}</Table.Td>
        <Table.Td>{row.free ? "free" : standard_price(row.prices, "input_text_token")}</Table.Td>
        <Table.Td>{row.free ? "free" : standard_price(row.prices, "output_text_token")}</Table.Td>
        <Table.Td title={row.reason ?? undefined}>
          <Badge variant="light" color={source.color} tt="none">
            {source.text}
          </Badge>
        </Table.Td>
        <Table.Td>
          <Group gap="xs" justify="flex-end" wrap="nowrap">
            {row.source === "operator" && (
              <Button
                size="xs"
                variant="default"
                aria-label={`Reset the price of ${row.model}`}
                loading={deciding.isPending}
                onClick={() => decide({ kind: "shipped" })}
              >
                Reset
              </Button>
            )}
            <Button
              size="xs"
              variant="default"
              aria-label={`Set the price of ${row.model}`}
              aria-expanded={is_open}
              onClick={() => set_open(!is_open)}
            >
              Set price
            </Button>
          </Group>
          {!is_open && <Problem error={deciding.error} />}
        </Table.Td>
      </Table.Tr>
      {is_open && (
        <Table.Tr>
          <Table.Td colSpan={6}>
            <PriceForm is_saving={deciding.isPending} error={deciding.error} decide={decide} />
          </Table.Td>
        </Table.Tr>
      )}
    </>
  );
}
