// SPDX-License-Identifier: Apache-2.0
import { Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { isNotEmpty, useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";

import { create_organization, switch_organization } from "../api/profile";
import { Problem } from "../parts/Problem";
import { useEnterSession, useSession } from "./session";

export function CreateOrganizationDialog({ on_close }: { on_close: () => void }) {
  const { csrf_token } = useSession();
  const enter = useEnterSession();
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { name: "" },
    validate: { name: isNotEmpty("A name, as its members shall see it.") },
  });
  const creating = useMutation({
    mutationFn: async (name: string) => {
      const made = await create_organization(name, csrf_token);
      return switch_organization(made.id, csrf_token);
    },
    onSuccess: (session) => {
      enter(session);
      on_close();
    },
  });

  return (
    <Modal
      opened
      onClose={on_close}
      title="Create organization"
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <form onSubmit={form.onSubmit(({ name }) => creating.mutate(name))} noValidate>
        <Stack>
          <TextInput
            label="Name"
            name="organization"
            description="It has projects, keys, people and usage of its own."
            data-autofocus
            key={form.key("name")}
            {...form.getInputProps("name")}
          />
          <Problem error={creating.error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={on_close}>
              Cancel
            </Button>
            <Button type="submit" loading={creating.isPending}>
              Create
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
