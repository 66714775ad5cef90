// SPDX-License-Identifier: Apache-2.0
import { SimpleGrid, Text } from "@mantine/core";

import type { UsageCounts } from "../../api/types";
import { format_count } from "../../format/count";
import { format_nanousd } from "../../format/money";
import { TotalCard } from "../../parts/TotalCard";
import { change_of } from "./usage_change";
import { metric_of } from "./usage_series";

interface UsageTotalsProps {
  totals: UsageCounts;
  // Of the time before; nothing while it is not there.
  before: UsageCounts | undefined;
  // Which days those were.
  before_label: string;
}

// Keeps the place of what is being asked.
const kNotYet = "\u00a0";

// The sums, each beside that of the time before.
export function UsageTotals({ totals, before, before_label }: UsageTotalsProps) {
  const tokens = (counts: UsageCounts) => metric_of(counts, "tokens");
  const compare = (amount: (counts: UsageCounts) => number, format: (amount: number) => string) =>
    before ? change_of(amount(totals), amount(before), format) : kNotYet;
  const has_test_calls = totals.would_have_cost_nanousd > 0;
  return (
    <div>
      <SimpleGrid cols={{ base: 2, md: has_test_calls ? 5 : 4 }} spacing="sm">
        <TotalCard
          label="Charge"
          value={format_nanousd(totals.charge_nanousd)}
          change={compare(({ charge_nanousd }) => charge_nanousd, format_nanousd)}
          notes={[
            totals.cost_nanousd !== totals.charge_nanousd &&
              `cost ${format_nanousd(totals.cost_nanousd)}`,
          ]}
        />
        <TotalCard
          label="Tokens"
          value={format_count(tokens(totals))}
          change={compare(tokens, format_count)}
          notes={[
            `${format_count(totals.input_tokens)} in`,
            totals.cached_tokens > 0 && `${format_count(totals.cached_tokens)} of it cached`,
            `${format_count(totals.output_tokens)} out`,
          ]}
        />
        <TotalCard
          label="Calls"
          value={format_count(totals.calls)}
          change={compare(({ calls }) => calls, format_count)}
          notes={[
            totals.images > 0 && `${format_count(totals.images)} images`,
            totals.seconds > 0 && `${format_count(totals.seconds)} seconds of audio`,
            totals.characters > 0 && `${format_count(totals.characters)} characters spoken`,
          ]}
        />
        <TotalCard
          label="Errors"
          value={format_count(totals.errors)}
          change={compare(({ errors }) => errors, format_count)}
        />
        {has_test_calls && (
          <TotalCard
            label="Would have cost"
            value={format_nanousd(totals.would_have_cost_nanousd)}
            notes={["test keys, never charged"]}
          />
        )}
      </SimpleGrid>
      <Text size="xs" c="dimmed" mt={6}>
        Compared with {before_label}.
      </Text>
    </div>
  );
}
