// SPDX-License-Identifier: Apache-2.0
import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { remove_spend_limit, set_spend_limit } from "../../api/organization";
import { spend_limit_query } from "../../api/organization_queries";
import type { SpendLimit } from "../../api/organization_types";
import { cents_to_decimal, format_cents, parse_cents } from "../../format/money";
import { Problem } from "../../parts/Problem";
import { Section } from "../../parts/Section";
import { useSession } from "../../shell/session";
import type { ProjectSectionProps } from "./project_section";

const kLead =
  "What all keys of the project may spend together in a calendar month (UTC). A call that could " +
  "go past it is refused before it is sent.";

export function SpendLimitSection({ project_id, may_change }: ProjectSectionProps) {
  const limit = useQuery(spend_limit_query(project_id));
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
              key={limit.data?.threshold_amount ?? "none"}
              project_id={project_id}
              limit={limit.data}
            />
          )}
        </Stack>
      )}
    </Section>
  );
}

interface SpendLimitFormProps {
  project_id: string;
  limit: SpendLimit | null;
}

function SpendLimitForm({ project_id, limit }: SpendLimitFormProps) {
  const { csrf_token } = useSession();
  const queries = useQueryClient();
  const form = useForm({
    initialValues: { usd: limit === null ? "" : cents_to_decimal(limit.threshold_amount) },
    validate: {
      usd: (usd) => (parse_cents(usd) === null ? "Dollars and cents, such as 100.00." : null),
    },
  });
  const changing = useMutation({
    // Null: no limit.
    mutationFn: (cents: number | null) =>
      cents === null
        ? remove_spend_limit(project_id, csrf_token)
        : set_spend_limit(project_id, cents, csrf_token),
    onSuccess: () => queries.invalidateQueries(spend_limit_query(project_id)),
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
          {limit === null ? "Set limit" : "Change limit"}
        </Button>
        {limit !== null && (
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
      <Problem error={changing.error} />
    </form>
  );
}
