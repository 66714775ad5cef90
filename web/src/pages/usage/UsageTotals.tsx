// SPDX-License-Identifier: Apache-2.0
import { Paper, SimpleGrid, Text } from "@mantine/core";

import type { UsageCounts } from "../../api/types";
import { format_count } from "../../format/count";
import { format_nanousd } from "../../format/money";

function joined(...parts: (string | false)[]): string {
  return parts.filter((part) => part !== false).join(" · ");
}

export function UsageTotals({ totals }: { totals: UsageCounts }) {
  const { cached_tokens, characters, interrupted } = totals;
  return (
    <SimpleGrid cols={{ base: 2, md: 3, xl: 6 }}>
      <TotalCard
        label="Calls"
        value={format_count(totals.calls)}
        note={joined(interrupted > 0 && `${format_count(interrupted)} interrupted`)}
      />
      <TotalCard
        label="Tokens"
        value={format_count(totals.input_tokens + totals.output_tokens)}
        note={joined(
          `${format_count(totals.input_tokens)} in`,
          cached_tokens > 0 && `${format_count(cached_tokens)} cached`,
          `${format_count(totals.output_tokens)} out`,
        )}
      />
      <TotalCard label="Images" value={format_count(totals.images)} />
      <TotalCard
        label="Audio seconds"
        value={format_count(totals.seconds)}
        note={joined(characters > 0 && `${format_count(characters)} characters spoken`)}
      />
      <TotalCard
        label="Charge"
        value={format_nanousd(totals.charge_nanousd)}
        note={`cost ${format_nanousd(totals.cost_nanousd)}`}
      />
      <TotalCard
        label="Would have cost"
        value={format_nanousd(totals.would_have_cost_nanousd)}
        note="test keys, never charged"
      />
    </SimpleGrid>
  );
}

function TotalCard({ label, value, note }: { label: string; value: string; note?: string }) {
  return (
    <Paper withBorder p="md" role="group" aria-label={label}>
      <Text size="xs" c="dimmed" fw={600}>
        {label}
      </Text>
      <Text size="lg" fw={700} style={{ overflowWrap: "anywhere" }}>
        {value}
      </Text>
      <Text size="xs" c="dimmed">
        {note}
      </Text>
    </Paper>
  );
}
