// SPDX-License-Identifier: Apache-2.0
import {
  Button,
  Center,
  Group,
  Loader,
  Modal,
  Stack,
  Textarea,
  TextInput,
} from "@mantine/core";
import { type UseFormReturnType, useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import type { Versioned } from "../../api/http";
import { update_key } from "../../api/keys";
import { key_query, keys_query } from "../../api/queries";
import type { ApiKey, KeyChanges } from "../../api/types";
import { Problem } from "../../parts/Problem";
import { useReopening } from "../../parts/reopening";
import { SaveProblem } from "../../parts/SaveProblem";
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

export function EditKeyDialog({ api_key, on_close }: EditKeyDialogProps) {
  const query = key_query(api_key.id);
  const present = useQuery(query);
  const [openings, reopen] = useReopening(query);
  return (
    <Modal
      opened
      onClose={on_close}
      title={`Edit “${api_key.name}”`}
      size="lg"
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <Problem error={present.error} />
      {present.isPending && <Center mih={200} children={<Loader />} />}
      {present.data && (
        <EditKeyForm
          key={openings}
          api_key={present.data}
          on_reload={reopen}
          on_close={on_close}
        />
      )}
    </Modal>
  );
}

interface EditKeyFormProps {
  api_key: Versioned<ApiKey>;
  on_reload: () => void;
  on_close: () => void;
}

// Changes hold from the very next call.
function EditKeyForm({ api_key, on_reload, on_close }: EditKeyFormProps) {
  const { csrf_token } = useSession();
  const queries = useQueryClient();
  const [opened] = useState(api_key);
  const before = fields_of(opened);
  const form = useForm<KeyFields>({ initialValues: before, validate: kProblems });
  const changing = useMutation({
    mutationFn: async (changes: KeyChanges) => {
      if (Object.keys(changes).length > 0) await update_key(opened, changes, csrf_token);
    },
    onSuccess: async () => {
      await queries.invalidateQueries(keys_query);
      on_close();
    },
  });

  return (
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
        {opened.kind !== "admin" && (
          <RestrictionFields form={form as unknown as UseFormReturnType<Restrictions>} />
        )}
        <SaveProblem error={changing.error} on_reload={on_reload} />
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
  );
}
