// SPDX-License-Identifier: Apache-2.0
import { Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { isNotEmpty, useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";

import { Problem } from "./Problem";

interface NameDialogProps {
  title: string;
  label?: string;
  description?: string;
  initial?: string;
  submit: string;
  // Whoever shows something else afterwards takes this dialog's place in it.
  act: (name: string) => Promise<unknown>;
  on_close: () => void;
}

// Asks for a name, and for nothing else.
export function NameDialog({
  title,
  label = "Name",
  description,
  initial = "",
  submit,
  act,
  on_close,
}: NameDialogProps) {
  const form = useForm({
    initialValues: { name: initial },
    validate: { name: isNotEmpty("A name by which people will know it.") },
  });
  const acting = useMutation({
    mutationFn: async (name: string) => {
      await act(name);
    },
  });
  return (
    <Modal opened onClose={on_close} title={title} closeButtonProps={{ "aria-label": "Close" }}>
      <form onSubmit={form.onSubmit(({ name }) => acting.mutate(name.trim()))} noValidate>
        <Stack>
          <TextInput
            label={label}
            description={description}
            autoComplete="off"
            maxLength={100}
            data-autofocus
            {...form.getInputProps("name")}
          />
          <Problem error={acting.error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={on_close}>
              Cancel
            </Button>
            <Button type="submit" loading={acting.isPending}>
              {submit}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
