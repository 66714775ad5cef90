// SPDX-License-Identifier: Apache-2.0
import { Button, Group, Modal, Stack, Textarea, TextInput } from "@mantine/core";
import { type UseFormReturnType, useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { type KeyChanges, update_key } from "../../api/keys";
import { keys_query } from "../../api/queries";
import type { ApiKey } from "../../api/types";
import { Problem } from "../../parts/Problem";
import { useSession } from "../../shell/session";
import {
  changes_of,
  fields_of,
  kProblems,
  type KeyFields,
  type RestrictionFields as Restrictions,
} from "./key_form";
import { RestrictionFields } from "./RestrictionFields";

interface EditKeyDialogProps {
  api_key: ApiKey;
  on_close: () => void;
}

// Changes hold from the very next call.
export function EditKeyDialog({ api_key, on_close }: EditKeyDialogProps) {
  const { csrf_token } = useSession();
  const queries = useQueryClient();
  const before = fields_of(api_key);
  const form = useForm<KeyFields>({ initialValues: before, validate: kProblems });
  const changing = useMutation({
    mutationFn: async (changes: KeyChanges) => {
      if (Object.keys(changes).length > 0) await update_key(api_key.id, changes, csrf_token);
    },
    onSuccess: async () => {
      await queries.invalidateQueries(keys_query);
      on_close();
    },
  });

  return (
    <Modal
      opened
      onClose={on_close}
      title={`Edit “${api_key.name}”`}
      size="lg"
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <form
        onSubmit={form.onSubmit((fields) => changing.mutate(changes_of(before, fields)))}
        noValidate
      >
        <Stack>
          <TextInput
            label="Name"
            autoComplete="off"
            maxLength={100}
            data-autofocus
            {...form.getInputProps("name")}
          />
          <Textarea label="Note" autosize maxLength={500} {...form.getInputProps("note")} />
          {api_key.kind !== "admin" && (
            <RestrictionFields form={form as unknown as UseFormReturnType<Restrictions>} />
          )}
          <Problem error={changing.error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={on_close}>
              Cancel
            </Button>
            <Button type="submit" loading={changing.isPending}>
              Save
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
