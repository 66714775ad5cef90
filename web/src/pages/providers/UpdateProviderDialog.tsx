// SPDX-License-Identifier: Apache-2.0
import { Button, Group, Modal, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { update_provider } from "../../api/providers";
import { providers_query, routes_query } from "../../api/queries";
import type { Provider, ProviderChange } from "../../api/types";
import { Problem } from "../../parts/Problem";
import { useSession } from "../../shell/session";
import { base_url_problem } from "./base_url";

interface UpdateProviderDialogProps {
  provider: Provider;
  on_close: () => void;
}

// The list of models is read anew each time; what is left as it was stays.
export function UpdateProviderDialog({ provider, on_close }: UpdateProviderDialogProps) {
  const { csrf_token } = useSession();
  const queries = useQueryClient();
  const form = useForm({
    initialValues: { base_url: provider.base_url, credential: "" },
    validate: {
      base_url: base_url_problem,
      credential: (credential, { base_url }) =>
        provider.has_credential && base_url !== provider.base_url && credential === ""
          ? "It was given for another address. Give it again."
          : null,
    },
  });
  const updating = useMutation({
    mutationFn: () => {
      const { base_url, credential } = form.getValues();
      const changes: ProviderChange = { fetch_models: true };
      if (base_url !== provider.base_url) changes.base_url = base_url;
      if (credential !== "") changes.credential = credential;
      return update_provider(provider.name, changes, csrf_token);
    },
    onSuccess: async () => {
      await Promise.all([
        queries.invalidateQueries(providers_query),
        queries.invalidateQueries(routes_query),
      ]);
      on_close();
    },
  });
  return (
    <Modal
      opened
      onClose={on_close}
      title={`Update ${provider.name}`}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <form onSubmit={form.onSubmit(() => updating.mutate())} noValidate autoComplete="off">
        <Stack>
          <Text size="sm">
            Its list of models is read again. Calls and work that are open there go on. Where it
            refuses the credential or does not answer, nothing is changed.
          </Text>
          <TextInput label="Base URL" inputMode="url" {...form.getInputProps("base_url")} />
          <PasswordInput
            label="New credential"
            description={provider.has_credential ? "Left empty, the stored one stays." : undefined}
            autoComplete="new-password"
            data-autofocus
            {...form.getInputProps("credential")}
          />
          <Problem error={updating.error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={on_close}>
              Cancel
            </Button>
            <Button type="submit" loading={updating.isPending}>
              Update
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
