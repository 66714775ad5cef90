// SPDX-License-Identifier: Apache-2.0
import { Alert, Button, Group, PasswordInput, SimpleGrid, Stack, TextInput } from "@mantine/core";
import { isNotEmpty, useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { add_provider } from "../../api/providers";
import type { AddedProvider } from "../../api/types";
import { providers_query, routes_query } from "../../api/queries";
import { format_count } from "../../format/count";
import { Problem } from "../../parts/Problem";
import { useSession } from "../../shell/session";
import { base_url_problem } from "./base_url";

// For any provider that speaks OpenAI's protocol. The credential is sent once and leaves the form
// as soon as the server has it; no answer ever holds it.
export function AddProviderForm() {
  const { csrf_token } = useSession();
  const queries = useQueryClient();
  const form = useForm({
    initialValues: { name: "", base_url: "", credential: "" },
    validate: { name: isNotEmpty("A short name, such as openai."), base_url: base_url_problem },
  });
  const adding = useMutation({
    mutationFn: () =>
      add_provider({ kind: "openai-compatible", ...form.getValues() }, csrf_token),
    onSuccess: async () => {
      form.reset();
      await Promise.all([
        queries.invalidateQueries(providers_query),
        queries.invalidateQueries(routes_query),
      ]);
    },
  });

  return (
    <form onSubmit={form.onSubmit(() => adding.mutate())} noValidate autoComplete="off">
      <Stack>
        <SimpleGrid cols={{ base: 1, md: 3 }}>
          <TextInput label="Name" placeholder="openai" {...form.getInputProps("name")} />
          <TextInput
            label="Base URL"
            placeholder="https://api.openai.com/v1"
            inputMode="url"
            {...form.getInputProps("base_url")}
          />
          <PasswordInput
            label="Credential"
            placeholder="The provider's secret key"
            // Keeps a password manager from offering the console's own password.
            autoComplete="new-password"
            {...form.getInputProps("credential")}
          />
        </SimpleGrid>
        <Problem error={adding.error} />
        {adding.isSuccess && <Added provider={adding.data} />}
        <Group justify="flex-end">
          <Button type="submit" loading={adding.isPending}>
            Add provider
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Added({ provider }: { provider: AddedProvider }) {
  const { name, listed_models, warning } = provider;
  return (
    <Alert color={warning ? "yellow" : "teal"} title={`${name} is added`} role="status">
      {warning ?? `It lists ${format_count(listed_models)} models, which are routed to it.`}
    </Alert>
  );
}
