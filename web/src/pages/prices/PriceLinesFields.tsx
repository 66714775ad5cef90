// SPDX-License-Identifier: Apache-2.0
import { Button, CloseButton, Group, NativeSelect, Paper, Stack, TextInput } from "@mantine/core";
import type { FormErrors } from "@mantine/form";
import type { ChangeEvent } from "react";

import type { Price, PriceUnit } from "../../api/types";
import { amount_of, kUnits, per_unit } from "../../format/prices";
import { kTiers, new_line, plain_price, type PriceLine } from "./price_lines";

interface PriceLinesFieldsProps {
  lines: PriceLine[];
  // Of the form, by the path of a field.
  errors: FormErrors;
  // What holds where a field is left empty; nothing: then the unit has no price.
  now?: Price[];
  on_change: (lines: PriceLine[]) => void;
}

const kUnitChoices = Object.entries(kUnits).map(([value, { label }]) => ({ value, label }));

// The usual prices beside one another, then a line for each other.
export function PriceLinesFields({ lines, errors, now = [], on_change }: PriceLinesFieldsProps) {
  const set = (at: number, changes: Partial<PriceLine>) =>
    on_change(lines.map((line, i) => (i === at ? { ...line, ...changes } : line)));
  return (
    <Stack gap="sm">
      <Group gap="sm" align="flex-start" grow preventGrowOverflow={false}>
        {lines.map(
          (line, i) =>
            line.is_fixed && (
              <TextInput
                key={line.id}
                label={kUnits[line.unit].label}
                description={`$ ${per_unit(line.unit)}`}
                placeholder={placeholder_of(now, line.unit)}
                inputMode="decimal"
                autoComplete="off"
                miw={150}
                value={line.usd}
                error={errors[`lines.${i}.usd`]}
                onChange={(event) => set(i, { usd: event.currentTarget.value })}
              />
            ),
        )}
      </Group>
      {lines.map(
        (line, i) =>
          !line.is_fixed && (
            <OtherLine
              key={line.id}
              line={line}
              name={`price ${i + 1}`}
              error_of={(field) => errors[`lines.${i}.${field}`]}
              on_change={(changes) => set(i, changes)}
              on_remove={() => on_change(lines.filter((each) => each !== line))}
            />
          ),
      )}
      <Group>
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => on_change([...lines, new_line("output_image")])}
        >
          Add another price
        </Button>
      </Group>
    </Stack>
  );
}

function placeholder_of(now: Price[], unit: PriceUnit): string {
  const price = plain_price(now, unit);
  return price ? amount_of(price) : "none";
}

interface OtherLineProps {
  line: PriceLine;
  name: string;
  error_of: (field: keyof PriceLine) => FormErrors[string];
  on_change: (changes: Partial<PriceLine>) => void;
  on_remove: () => void;
}

function OtherLine({ line, name, error_of, on_change, on_remove }: OtherLineProps) {
  const field = (field_name: "unit" | "usd" | "tier" | "above" | "size" | "quality") => ({
    size: "xs",
    value: line[field_name],
    error: error_of(field_name),
    onChange: (event: ChangeEvent<HTMLInputElement | HTMLSelectElement>) =>
      on_change({ [field_name]: event.currentTarget.value }),
  });
  return (
    <Paper withBorder p="xs" role="group" aria-label={`Of ${name}`}>
      <Group gap="xs" align="flex-start">
        <NativeSelect label="What" data={kUnitChoices} w={160} {...field("unit")} />
        <TextInput
          label={`$ ${per_unit(line.unit)}`}
          w={95}
          inputMode="decimal"
          autoComplete="off"
          {...field("usd")}
        />
        <NativeSelect label="Tier" data={kTiers} w={95} {...field("tier")} />
        <TextInput
          label="Input above"
          placeholder="tokens"
          w={95}
          inputMode="numeric"
          autoComplete="off"
          {...field("above")}
        />
        <TextInput label="Size" w={95} autoComplete="off" {...field("size")} />
        <TextInput label="Quality" w={85} autoComplete="off" {...field("quality")} />
        <CloseButton size="sm" mt={22} aria-label={`Remove ${name}`} onClick={on_remove} />
      </Group>
    </Paper>
  );
}
