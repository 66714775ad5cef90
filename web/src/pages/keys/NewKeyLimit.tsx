// SPDX-License-Identifier: Apache-2.0
import { Checkbox, Group, Stack, Text, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";

import { key_policy_query } from "../../api/organization_queries";
import type { NewKeyFields } from "./key_form";

// Suggests a limit. A leaked or looping program then costs no more than that.
export function NewKeyLimit({ form }: { form: UseFormReturnType<NewKeyFields> }) {
  const { kind, project_id, is_limited } = form.values;
  const policy = useQuery(key_policy_query(project_id));
  const given = policy.data?.default_limit;
  if (kind === "test") return null;
  return (
    <Stack gap={4}>
      <Group gap="xs" align="flex-start" wrap="nowrap">
        <Checkbox
          label="Stop spending at"
          mt={8}
          styles={{ label: { whiteSpace: "nowrap" } }}
          {...form.getInputProps("is_limited", { type: "checkbox" })}
        />
        <TextInput
          aria-label="Dollars a month"
          leftSection="$"
          w={96}
          inputMode="decimal"
          autoComplete="off"
          disabled={!is_limited}
          {...form.getInputProps("limit_usd")}
        />
        <Text size="sm" mt={8} style={{ whiteSpace: "nowrap" }}>
          a month
        </Text>
      </Group>
      <Text size="xs" c="dimmed">
        {given
          ? `This project's policy limits each new key to $${given.usd} per ${given.per}.`
          : "A suggestion: change or remove it now or later."}
      </Text>
    </Stack>
  );
}
