// SPDX-License-Identifier: Apache-2.0
import { Group, NativeSelect, Stack, TagsInput, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";

import { routes_query } from "../../api/queries";
import { type RestrictionFields as Fields, kEndpoints, kLifetimes } from "./key_form";
import { PermissionsField } from "./PermissionsField";

const kSuggestionsMax = 50;

// Everything that narrows a key. Lists take what is typed, and suggest.
export function RestrictionFields({ form }: { form: UseFormReturnType<Fields> }) {
  // Only operators see the routes; others type the names.
  const routes = useQuery({ ...routes_query, retry: false });
  return (
    <Stack>
      <Group grow align="flex-start" preventGrowOverflow={false}>
        <NativeSelect label="Expires" data={kLifetimes} {...form.getInputProps("lifetime")} />
        {form.values.lifetime === "date" && (
          <TextInput type="date" label="Last day" {...form.getInputProps("last_day")} />
        )}
      </Group>
      <PermissionsField form={form} />
      <TagsInput
        label="Models"
        description="Only these; a * at the end stands for any ending. Empty: all of the project."
        placeholder={form.values.models.length === 0 ? "gpt-5-mini, gpt-5*" : ""}
        data={routes.data?.models ?? []}
        limit={kSuggestionsMax}
        acceptValueOnBlur
        {...form.getInputProps("models")}
      />
      <TagsInput
        label="Endpoints"
        description="Only these. Empty: all that its permissions open."
        placeholder={form.values.endpoints.length === 0 ? "/v1/chat/completions" : ""}
        data={kEndpoints}
        acceptValueOnBlur
        {...form.getInputProps("endpoints")}
      />
      <TagsInput
        label="Addresses"
        description="Only from these networks. Empty: from anywhere."
        placeholder={form.values.addresses.length === 0 ? "203.0.113.0/24" : ""}
        acceptValueOnBlur
        {...form.getInputProps("addresses")}
      />
    </Stack>
  );
}
