// SPDX-License-Identifier: Apache-2.0
import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { invalidate_alerts } from "../../api/alert_queries";
import type { Versioned } from "../../api/http";
import { remove_spend_limit, set_spend_limit } from "../../api/organization";
import { spend_limit_query } from "../../api/organization_queries";
import type { SpendLimit } from "../../api/organization_types";
import { cents_to_decimal, format_cents, parse_cents } from "../../format/money";
import { Problem } from "../../parts/Problem";
import { useReopening } from "../../parts/reopening";
import { SaveProblem } from "../../parts/SaveProblem";
import { Section } from "../../parts/Section";
import { useSession } from "../../shell/session";
import type { ProjectSectionProps } from "./project_section";

const kLead =
  "What all keys of the project may spend together in a calendar month (UTC). A call that could " +
  "go past it is refused before it is sent.";

export function SpendLimitSection({ project_id, may_change }: ProjectSectionProps) {
  const query = spend_limit_query(project_id);
  const limit = useQuery(query);
  const [openings, reopen] = useReopening(query);
  return (
    <Section title="Monthly spend limit" lead={kLead}>
      <Problem error={limit.error} />
      {limit.data !== undefined && (
        <Stack gap="sm">
          <Text size="sm" fw={600}>
            {limit.data === null
              ? "No limit"
              : `${format_cents(limit.data.threshold_amount)} per month`}
          </Text>
          {may_change && (
            <SpendLimitForm
              key={openings}
              project_id={project_id}
              limit={limit.data}
              on_reload={reopen}
            />
          )}
        </Stack>
      )}
    </Section>
  );
}

interface SpendLimitFormProps {
  project_id: string;
  limit: Versioned<SpendLimit> | null;
  on_reload: () => Promise<void>;
}

function SpendLimitForm({ project_id, limit, on_reload }: SpendLimitFormProps) {
  const { csrf_token } = useSession();
  const queries = useQueryClient();
  const [before] = useState(limit);
  const form = useForm({
    initialValues: { usd: before === null ? "" : cents_to_decimal(before.threshold_amount) },
    validate: {
      usd: (usd) => (parse_cents(usd) === null ? "Dollars and cents, such as 100.00." : null),
    },
  });
  const changing = useMutation({
    // Null: no limit.
    mutationFn: (cents: number | null) =>
      cents === null
        ? remove_spend_limit(project_id, before, csrf_token)
        : set_spend_limit(project_id, cents, before, csrf_token),
    onSuccess: async () => {
      await on_reload();
      await invalidate_alerts(queries, project_id);
    },
  });
  return (
    <form onSubmit={form.onSubmit(({ usd }) => changing.mutate(parse_cents(usd)))} noValidate>
      <Group gap="xs" align="flex-start">
        <TextInput
          aria-label="Dollars per month"
          leftSection="$"
          placeholder="100.00"
          w={140}
          inputMode="decimal"
          autoComplete="off"
          {...form.getInputProps("usd")}
        />
        <Button type="submit" variant="default" loading={changing.isPending}>
          {before === null ? "Set limit" : "Change limit"}
        </Button>
        {before !== null && (
          <Button
            variant="subtle"
            color="red"
            disabled={changing.isPending}
            onClick={() => changing.mutate(null)}
          >
            Remove
          </Button>
        )}
      </Group>
      <SaveProblem error={changing.error} on_reload={on_reload} />
    </form>
  );
}
