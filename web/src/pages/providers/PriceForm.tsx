// SPDX-License-Identifier: Apache-2.0
import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";

import type { PriceChange } from "../../api/types";
import { parse_usd } from "../../format/money";
import { Problem } from "../../parts/Problem";

type Decision = Omit<PriceChange, "model" | "provider">;

interface PriceFormProps {
  is_saving: boolean;
  error: Error | null;
  decide: (decision: Decision) => void;
}

const kFields = [
  { name: "input", label: "Input", unit: "input_text_token" },
  { name: "cached", label: "Cached input", unit: "cached_input_text_token" },
  { name: "output", label: "Output", unit: "output_text_token" },
] as const;

function price_problem(text: string): string | null {
  return text.trim() === "" || parse_usd(text) !== null ? null : "Dollars, as 1.25.";
}

export function PriceForm({ is_saving, error, decide }: PriceFormProps) {
  const form = useForm({
    initialValues: { input: "", cached: "", output: "", reason: "" },
    validate: { input: price_problem, cached: price_problem, output: price_problem },
  });
  const reason = form.values.reason.trim();
  const why = reason === "" ? {} : { reason };
  const submit = (values: typeof form.values) => {
    const prices = kFields.flatMap(({ name, unit }) => {
      const usd_per_million = parse_usd(values[name]);
      return usd_per_million === null ? [] : [{ unit, usd_per_million }];
    });
    decide({ prices, ...why });
  };

  return (
    <form onSubmit={form.onSubmit(submit)} noValidate>
      <Stack gap="xs" py="xs">
        <Group align="flex-end" gap="xs">
          {kFields.map(({ name, label }) => (
            <TextInput
              key={name}
              label={label}
              placeholder="as it is"
              size="xs"
              w={110}
              {...form.getInputProps(name)}
            />
          ))}
          <TextInput label="Reason" size="xs" flex={1} {...form.getInputProps("reason")} />
          <Button size="xs" type="submit" loading={is_saving}>
            Save
          </Button>
          <Button
            size="xs"
            variant="default"
            disabled={is_saving}
            onClick={() => decide({ kind: "free", ...why })}
          >
            Make free
          </Button>
        </Group>
        <Text size="xs" c="dimmed">
          US dollars a million tokens. Prices of images, sound, tiers and long inputs:{" "}
          <code>tollgate prices set</code>.
        </Text>
        <Problem error={error} />
      </Stack>
    </form>
  );
}
