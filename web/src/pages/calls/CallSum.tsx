// SPDX-License-Identifier: Apache-2.0
import { Alert, Anchor, SimpleGrid, Stack, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";

import type { CallExplanation } from "../../api/types";
import { format_nanousd } from "../../format/money";
import { format_sheet } from "../../format/prices";
import { Section } from "../../parts/Section";
import { TotalCard } from "../../parts/TotalCard";
import { format_rule } from "./call_charge";
import { priced_model } from "./call_marks";
import { TermTable } from "./TermTable";

// What the provider asks beside what the organization pays.
export function CallTotals({ explained }: { explained: CallExplanation }) {
  const { test, cost_nanousd, charge_nanousd, held_nanousd, would_have_cost_nanousd } = explained;
  return (
    <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm">
      {test ? (
        <TotalCard
          label="Would have cost"
          value={format_nanousd(would_have_cost_nanousd)}
          notes={["a test key's call"]}
        />
      ) : (
        <TotalCard
          label="Cost"
          value={format_nanousd(cost_nanousd)}
          notes={["what the provider asks"]}
        />
      )}
      <TotalCard
        label="Charge"
        value={format_nanousd(charge_nanousd)}
        notes={[test ? "test keys are never charged" : "what the organization pays"]}
      />
      <TotalCard
        label="Held"
        value={format_nanousd(held_nanousd)}
        notes={["at first, as the most it could cost"]}
      />
    </SimpleGrid>
  );
}

export function CostSection({ explained }: { explained: CallExplanation }) {
  const { price_sheet, terms, meaning, exact_nanousd, test } = explained;
  return (
    <Section title="Cost, term by term" lead={meaning}>
      <Text size="sm">
        {price_sheet === null
          ? "No prices were kept with it."
          : `Prices of ${priced_model(explained)}: ${format_sheet(price_sheet)}.`}
        {price_sheet?.free && " The model is free."}
      </Text>
      {terms.length > 0 && (
        <TermTable
          title="Cost, term by term"
          terms={terms}
          exact_nanousd={exact_nanousd}
          rounded_nanousd={explained.recomputed_nanousd}
          sum_label={test ? "Would have cost" : "Cost"}
        />
      )}
      <Disagreement explained={explained} />
    </Section>
  );
}

function Disagreement({ explained }: { explained: CallExplanation }) {
  if (explained.agrees) return null;
  const { recomputed_nanousd: cost, charge } = explained;
  const { recomputed_nanousd: charged } = charge;
  const sums = [
    cost !== null && `a cost of ${format_nanousd(cost)}`,
    charged !== null && `a charge of ${format_nanousd(charged)}`,
  ].filter((sum) => sum !== false);
  return (
    <Alert color="red" variant="light" role="alert" title="The ledger does not agree">
      {`The sum, made again, comes to ${sums.join(" and ")}. The operator can look further with `}
      <code>tollgate ledger verify</code>; please report it.
    </Alert>
  );
}

export function ChargeSection({ explained }: { explained: CallExplanation }) {
  const { charge, test } = explained;
  return (
    <Section title="Charge" lead={test ? "A test key's call is charged nothing." : undefined}>
      <Stack gap="sm">
        {!test && <Text size="sm">{format_rule(charge)}</Text>}
        <PaidWithCredit explained={explained} />
        {charge.terms.length > 0 && (
          <TermTable
            title="Charge, term by term"
            terms={charge.terms}
            exact_nanousd={charge.exact_nanousd}
            rounded_nanousd={charge.recomputed_nanousd}
            sum_label="Charge"
          />
        )}
      </Stack>
    </Section>
  );
}

// Which grants paid, and what is billed beside them; nothing where all is billed.
function PaidWithCredit({ explained: { credit, charge_nanousd } }: { explained: CallExplanation }) {
  if (credit.length === 0) return null;
  const paid = credit.reduce((sum, { amount_nanousd }) => sum + amount_nanousd, 0);
  return (
    <Stack gap={2} role="group" aria-label="Paid with credit">
      {credit.map(({ grant_id, amount_nanousd }) => (
        <Text key={grant_id} size="sm">
          {format_nanousd(amount_nanousd)} paid with credit of the grant{" "}
          <Anchor inherit renderRoot={(props) => <Link to="/credits" {...props} />}>
            {grant_id}
          </Anchor>
        </Text>
      ))}
      {paid < charge_nanousd && (
        <Text size="sm">
          {format_nanousd(charge_nanousd - paid)} billed: credit did not cover it.
        </Text>
      )}
    </Stack>
  );
}
