// SPDX-License-Identifier: Apache-2.0
import { Checkbox, Input, SegmentedControl, Stack, Text } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";

import type { RestrictionFields } from "./key_form";
import { type Permissions, included_by, kAbilities, kPermissions } from "./permissions_form";

const kExplanations: Record<Permissions, string> = {
  all: "Every endpoint of its project.",
  read_only: "Lists what there is, such as models; calls none of them.",
  restricted: "Only what you choose here.",
};

export function PermissionsField({ form }: { form: UseFormReturnType<RestrictionFields> }) {
  const { permissions } = form.values;
  return (
    <Input.Wrapper
      label="Permissions"
      labelElement="div"
      description={kExplanations[permissions]}
      error={form.errors.abilities}
      inputWrapperOrder={["label", "input", "description", "error"]}
    >
      <Stack gap="xs">
        <SegmentedControl
          aria-label="Permissions"
          data={kPermissions}
          {...form.getInputProps("permissions")}
        />
        {permissions === "restricted" && <Abilities form={form} />}
      </Stack>
    </Input.Wrapper>
  );
}

function Abilities({ form }: { form: UseFormReturnType<RestrictionFields> }) {
  const { abilities } = form.values;
  const toggle = (ability: (typeof abilities)[number], is_on: boolean) => {
    const others = abilities.filter((other) => other !== ability);
    form.setFieldValue("abilities", is_on ? [...others, ability] : others);
  };
  const opens_all = abilities.includes("chat") || abilities.includes("responses");
  return (
    <Stack gap={6}>
      {kAbilities.map(({ ability, label }) => {
        const is_included = included_by(ability, abilities) && !abilities.includes(ability);
        return (
          <Checkbox
            key={ability}
            label={is_included ? `${label} (included)` : label}
            checked={is_included || abilities.includes(ability)}
            disabled={is_included}
            onChange={(event) => toggle(ability, event.currentTarget.checked)}
          />
        );
      })}
      {opens_all && (
        <Text size="xs" c="dimmed">
          Chat and Responses need model requests, which open images and audio as well. Choose
          endpoints below to narrow the key further.
        </Text>
      )}
    </Stack>
  );
}
