// SPDX-License-Identifier: Apache-2.0
import { Button, Group, NativeSelect, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { invalidate_alerts } from "../../api/alert_queries";
import { type NewKeyLimit, set_key_limit } from "../../api/keys";
import type { ApiKey, Limit } from "../../api/types";
import { key_limits_query, keys_query } from "../../api/queries";
import { Problem } from "../../parts/Problem";
import { useSession } from "../../shell/session";
import {
  fields_of,
  kEmptyFields,
  kMetrics,
  kPeriods,
  only_period_of,
  problem_of,
  request_of,
} from "./limit_form";

interface LimitFormProps {
  key_id: ApiKey["id"];
  // Null: a new one.
  changed: Limit | null;
  on_done: () => void;
}

export function LimitForm({ key_id, changed, on_done }: LimitFormProps) {
  const { csrf_token } = useSession();
  const queries = useQueryClient();
  const form = useForm({
    initialValues: changed === null ? kEmptyFields : fields_of(changed),
    validate: { amount: (_, fields) => problem_of(fields) },
  });
  const setting = useMutation({
    mutationFn: (limit: NewKeyLimit) => set_key_limit(key_id, limit, csrf_token),
    onSuccess: async () => {
      // First, so that nothing is taken back that is typed as soon as the list has the new limit.
      form.reset();
      await queries.invalidateQueries(key_limits_query);
      await queries.invalidateQueries(keys_query);
      await invalidate_alerts(queries, key_id);
      on_done();
    },
  });
  const { metric } = form.values;

  return (
    <form
      onSubmit={form.onSubmit((fields) => {
        const limit = request_of(fields, changed);
        if (limit !== null) setting.mutate(limit);
      })}
      noValidate
    >
      <Stack>
        <Group grow align="flex-start">
          <TextInput
            label="Amount"
            leftSection={metric === "money" ? "$" : null}
            inputMode="decimal"
            autoComplete="off"
            data-autofocus
            {...form.getInputProps("amount")}
          />
          <NativeSelect
            label="Unit"
            data={kMetrics}
            disabled={changed !== null}
            {...form.getInputProps("metric")}
          />
          {only_period_of(metric) === null && (
            <NativeSelect
              label="Period"
              data={kPeriods}
              disabled={changed !== null}
              {...form.getInputProps("per")}
            />
          )}
        </Group>
        <Problem error={setting.error} />
        <Group justify="flex-end">
          {changed !== null && (
            <Button variant="default" onClick={on_done}>
              Cancel
            </Button>
          )}
          <Button type="submit" loading={setting.isPending}>
            {changed === null ? "Set limit" : "Change limit"}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
